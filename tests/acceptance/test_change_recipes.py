"""The recipes of docs/change.md, carried out: a managed field, a source, a guard and a rule on a copy of the project.

One copy gets all four, because dbt's own build is what takes time; the files are counted recipe by recipe.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from console import console_in
from world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from console import Console
    from loader.database.connection import Target

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "docs" / "change.md"
EMAIL, BEN, CAL = "ada.brook@example.org", "ben.ash@example.org", "cal.ford@example.org"
HEADER = "Email,ID,First Name,Last Name,Phone,Company"
FIRST_WEEK = (
    f"{EMAIL},1000000001,Ada,Brook,,Brook & Daughters",
    f"{BEN},1000000002,Ben,Ash,(303) 555-0142,Ash Ltd",
    f"{CAL},1000000003,TEST,Ford,,",
)
NOBODY = "nobody@nowhere.invalid"


def append_row(seed: Path, **cells: str) -> None:
    """Add a row to a seed; columns that are only read by people may be more than these."""
    text = seed.read_text(encoding="utf-8")
    header = next(csv.reader(io.StringIO(text)))
    assert set(cells) <= set(header), header
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([cells.get(name, "An invented text.") for name in header])
    seed.write_text(text.rstrip("\n") + "\n" + line.getvalue(), encoding="utf-8")


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file.name} has moved on: {old}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def add_field(project: Path) -> None:
    append_row(
        project / "seeds" / "field_policies.csv",
        field="company", position="10", policy="fill_blank", is_address="false", evidence="", why="We ask for it late.",
    )  # fmt: skip
    append_row(
        project / "seeds" / "kajabi_columns.csv",
        column_name="company", match_by="name", header="Company", preference="1", why="A fixed column.",
    )  # fmt: skip
    replace(
        project / "macros" / "managed_fields.sql",
        "first_name last_name phone address_line_1 address_line_2 city state postal_code country\n",
        "first_name last_name phone address_line_1 address_line_2 city state postal_code country company\n",
    )
    country = "      - {name: country, data_type: text, description: \"{{ doc('country') }}\"}\n"
    replace(
        project / "models" / "decisions" / "plan" / "merge_plan.yml",
        country, country + "      - {name: company, data_type: text, description: Where the person works.}\n",
    )  # fmt: skip
    migrations = project / "loader" / "database" / "migrations"
    number = max(int(file.name[:4]) for file in migrations.glob("[0-9]*.sql")) + 1
    (migrations / f"{number:04}_company.sql").write_text(
        "-- A further managed field.\n"
        "alter table kajabi_raw.contact_rows add column company text;\n"
        "alter table kajabi_ledger.planned_rows add column company text;\n"
    )
    replace(
        project / "loader" / "database" / "sql" / "demo_contacts.sql",
        "    country text,\n    source_system", "    country text,\n    company text,\n    source_system",
    )  # fmt: skip


def add_source(project: Path) -> None:
    append_row(
        project / "seeds" / "source_priorities.csv",
        source="mailchimp", is_prefix="false", provenance_class="named", priority="45", label="Mailchimp",
        why="People type it themselves in our newsletter's form.",
    )  # fmt: skip


def add_guard(project: Path) -> None:
    models = project / "models" / "guard"
    (models / "promises" / "guard_test_emails.sql").write_text("""\
-- One row per contact to insert whose email belongs to nobody: its domain is reserved for tests.
with merge_plan as (select * from {{ ref('merge_plan') }} where action = 'insert'),

guard_test_emails as (
    select
        contact_id,
        row_number
    from merge_plan
    where email ~ '\\.(invalid|test)$'
)

select * from guard_test_emails
""")
    (models / "promises" / "guard_test_emails.yml").write_text("""\
models:
  - name: guard_test_emails
    description: One row per contact to insert whose email belongs to a domain that is reserved for tests.
    data_tests:
      - is_empty: {description: "{{ doc('test_guard') }}"}
    columns:
      - {name: contact_id, description: "{{ doc('contact_id') }}"}
      - {name: row_number, description: "{{ doc('row_number') }}"}
""")
    (models / "unit_tests" / "guard_test_emails.yml").write_text("""\
unit_tests:
  - name: guard_sees_an_email_of_a_domain_for_tests
    description: 1 is such an email; 2 only has the word in it; 3 is here already.
    model: guard_test_emails
    given:
      - input: ref('merge_plan')
        rows:
          - {row_number: 1, action: insert, email: nobody@nowhere.invalid}
          - {row_number: 2, action: insert, email: test@example.org}
          - {row_number: 3, action: update, email: old@nowhere.test}
    expect:
      rows: [{row_number: 1}]
""")
    replace(
        models / "guard_findings.sql",
        "from {{ ref('guard_shifted_rows') }} as found\n",
        "from {{ ref('guard_shifted_rows') }} as found\n    union all\n"
        "    select 'guard_test_emails', jsonb_agg(found) from {{ ref('guard_test_emails') }} as found\n",
    )
    append_row(
        project / "seeds" / "guards.csv",
        guard="guard_test_emails", position="13", is_overridable="false", passed_label="no invented person is added",
        failed_label="An email for tests would be added", meaning="A contact to insert has an email for tests.",
        remedy="Correct the email in Kajabi and export again.", why="A person who does not exist cannot be written to.",
    )  # fmt: skip


def add_rule(project: Path) -> None:
    cosmetic = "            when is_cosmetic then 'cosmetic'\n"
    replace(
        project / "models" / "decisions" / "rules" / "field_decisions.sql",
        cosmetic, "            when lower(kajabi_value) = 'test' then 'test_value_in_kajabi'\n" + cosmetic,
    )  # fmt: skip
    append_row(
        project / "seeds" / "decision_rules.csv",
        rule="test_value_in_kajabi", rule_order="65", action="keep", action_if_followed="keep", review="new",
        label="a test value in Kajabi", meaning="Kajabi's value is the word test.", why="Somebody tried something out.",
    )  # fmt: skip
    first = "unit_tests:\n"
    replace(
        project / "models" / "decisions" / "unit_tests" / "field_decisions.yml",
        first, first + """\
  - name: does_not_fill_a_blank_with_the_word_test
    description: "Rule test_value_in_kajabi: the word says nothing about the person; a word with more in it may."
    model: field_decisions
    given:
      - input: ref('decision_rules')
      - input: ref('rule_inputs')
        rows:
          - {field: first_name, kajabi_value: Test, policy: fill_blank}
          - {field: last_name, kajabi_value: Testa, policy: fill_blank}
    expect:
      rows:
        - {field: first_name, rule: test_value_in_kajabi, action: keep, final_value: null}
        - {field: last_name, rule: fill_blank, action: fill, final_value: Testa}

""",
    )  # fmt: skip


RECIPES: dict[str, tuple[Callable[[Path], None], int]] = {
    "A managed field": (add_field, 10),
    "A source": (add_source, 2),
    "A guard": (add_guard, 5),
    "A rule": (add_rule, 5),
}


def files_of(project: Path) -> dict[str, bytes]:
    return {str(file.relative_to(project)): file.read_bytes() for file in project.rglob("*") if file.is_file()}


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_touches_the_files_that_the_page_names_and_few_of_them(title: str, tmp_path: Path) -> None:
    carry_out, limit = RECIPES[title]
    for name in ("models", "macros", "seeds", "loader/database"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    before = files_of(tmp_path)
    carry_out(tmp_path)
    after = files_of(tmp_path)
    touched = {file for file in after if before.get(file) != after[file]}
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {title}\n")[2].split("\n## ")[0]
    named = re.findall(r"(?m)^\d+\. \[[^\]]+\]\(\.\./([^)]+)\)", section)
    assert len(touched) == len(named) <= limit, "a step of the page is one file, and there are no others"
    for file in touched:
        assert any(file == name or file.startswith(f"{name}/") for name in named), file
    for name in named:
        assert any(file == name or file.startswith(f"{name}/") for file in touched), name


@pytest.fixture
def world(target: Target, tmp_path: Path) -> World:
    """A site as it is today, before the project is changed."""
    world = World(target, tmp_path)
    world.say_no_duplicates()
    world.add_contacts(
        {"email": EMAIL, "first_name": "Ada", "last_name": "Brook"},
        {"email": BEN, "first_name": "Ben", "last_name": "Ash", "phone": "(720) 555-0111", "phone_source": "mailchimp"},
        {"email": CAL, "last_name": "Ford"},
    )
    return world


def changed(project: Path) -> None:
    for carry_out, _ in RECIPES.values():
        carry_out(project)


def told(console: Console, *words: object, code: int = 0) -> str:
    outcome = console.run(*words)
    assert outcome.code == code, (words, outcome)
    return outcome.out + outcome.err


def test_what_the_recipes_add_works(world: World, tmp_path: Path) -> None:
    """The field is decided and merged, the source owns a value, the rule decides, the guard is red where it should."""
    world.run("alter table public.contacts add column company text")
    with console_in(tmp_path, changed) as console:
        week(console, tmp_path, FIRST_WEEK)
        decisions = world.decisions()
        company, phone = decisions[EMAIL, "company"], decisions[BEN, "phone"]
        assert (company["rule"], company["final_value"]) == ("fill_blank", "Brook & Daughters")
        assert (phone["rule"], phone["owner"], phone["owner_label"], phone["owner_class"]) == (
            "field_owned_elsewhere", "mailchimp", "Mailchimp", "named"
        )  # fmt: skip
        name = decisions[CAL, "first_name"]
        assert (name["rule"], name["action"], name["final_value"]) == ("test_value_in_kajabi", "keep", None)
        assert world.verdict()["guard_test_emails"] == 0
        assert set(world.verdict().values()) == {0}
        unit_tests = ("guard_sees_an_email_of_a_domain_for_tests", "does_not_fill_a_blank_with_the_word_test")
        selected = [f"test_name:{name}" for name in unit_tests]
        assert "PASS=2" in told(console, "with-database", "dbt", "test", "--select", *selected)

        told(console, "apply", fingerprint(world))
        assert world.contacts()[EMAIL]["company"] == "Brook & Daughters"
        assert "company" in told(console, "explain", EMAIL)
        told(console, "undo", str(world.one("select max(run_id) as run from kajabi_ledger.merge_runs")["run"]))
        assert world.contacts()[EMAIL]["company"] is None

        report = week(console, tmp_path, (*FIRST_WEEK, f"{NOBODY},1000000004,No,Body,,"), code=3)
        assert {guard for guard, found in world.verdict().items() if found} == {"guard_test_emails"}
        assert "An email for tests would be added" in report
        assert NOBODY in report
        assert "guard_test_emails" in told(console, "apply", fingerprint(world), code=3)
        assert NOBODY not in world.contacts()


def week(console: Console, folder: Path, rows: tuple[str, ...], code: int = 0) -> str:
    """Load and plan an export; what the plan says."""
    file = folder / f"{len(rows)} people.csv"
    file.write_text("\r\n".join((HEADER, *rows)) + "\r\n", encoding="utf-8", newline="")
    told(console, "load", file)
    return told(console, "plan", code=code)


def fingerprint(world: World) -> str:
    return str(world.one("select fingerprint from kajabi_guard.plan_summary")["fingerprint"])[:8]
