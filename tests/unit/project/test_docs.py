"""What ties README and docs to the code: whoever changes one is told about the other. No database."""

from __future__ import annotations

import csv
import inspect
import re
import shlex
import shutil
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

import rules_pages
from loader import __version__
from loader.cli.main import cli
from loader.common import errors
from loader.database.statements import MIGRATIONS
from loader.merge.apply import VERIFIED

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[3]
README = PROJECT / "README.md"
RULES = PROJECT / "docs" / "rules.md"
RUNBOOK = PROJECT / "docs" / "runbook.md"
FLOW = PROJECT / "docs" / "flow.md"
DECISIONS = sorted((PROJECT / "docs" / "decisions").glob("*.md"))
DOCS = sorted((PROJECT / "docs").rglob("*.md"))
CHANGELOG = PROJECT / "CHANGELOG.md"
ABOUT = [CHANGELOG, PROJECT / "CONTRIBUTING.md", PROJECT / "SECURITY.md"]
PAGES = [README, *ABOUT, *DOCS]
SEEDS = sorted((PROJECT / "seeds").glob("*.csv"))

FENCE = re.compile(r"(?ms)^( *)```(\w*)\n(.*?)^\1```$")
LONGEST_LABEL, LONGEST_DECISION = 40, 40


def named(page: Path) -> str:
    return str(page.relative_to(PROJECT))


@cache
def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@cache
def seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return FENCE.sub("", read(page))


def anchors(page: Path) -> set[str]:
    """The anchors that a heading gets: lower case, without punctuation, blanks as hyphens."""
    headings = re.findall(r"(?m)^#+ (.*)$", prose(page))
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def table(page: Path, header: str) -> list[list[str]]:
    """The rows of the one table of a page whose header line begins like this."""
    (lines,) = re.findall(rf"(?m)^\| *{header}.*\n\|[-| ]+\n((?:\|.*\n)+)", read(page))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines.strip().split("\n")]


def command_lines(page: Path) -> Iterator[str]:
    """Every command line of the tool on a page: in fenced blocks for a shell, and in backticks."""
    for _, language, text in FENCE.findall(read(page)):
        if language in {"console", "sh"}:
            yield from (line.strip() for line in text.split("\n") if "kajabi-guard" in line)
    yield from (code for code in re.findall(r"`([^`\n]+)`", prose(page)) if code.startswith("./kajabi-guard "))


def all_errors() -> list[type[errors.KajabiGuardError]]:
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    return [kind for kind in found if issubclass(kind, errors.KajabiGuardError)]


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_has_help_and_is_in_the_readme(name: str) -> None:
    command = cli.commands[name]
    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option))
    assert re.search(rf"(\./kajabi-guard |make |`){name}\b", read(README))


def test_the_readme_contains_the_current_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    outcome = CliRunner().invoke(cli, ["--help"], prog_name="kajabi-guard")
    assert outcome.exit_code == 0
    assert outcome.output.strip() in read(README)


def test_the_exit_codes_of_the_readme_and_the_runbook_are_those_of_the_errors() -> None:
    promised = [0, *sorted({kind.exit_code for kind in all_errors()})]
    for page, header in ((README, "exit code"), (RUNBOOK, "code")):
        assert [int(row[0]) for row in table(page, header)] == promised, named(page)


def test_the_tree_in_the_errors_docstring_has_every_error_with_its_code() -> None:
    listed = dict(re.findall(r"(\w+) +(\d) +\S", (errors.__doc__ or "").replace("├──", "").replace("└──", "")))
    assert listed == {kind.__name__: str(kind.exit_code) for kind in all_errors()}


@pytest.mark.parametrize("page", [RULES, RUNBOOK], ids=named)
def test_the_rules_and_the_runbook_say_what_the_seeds_say(page: Path) -> None:
    assert read(page) == rules_pages.make_page(page), (
        "A seed has changed, or somebody has edited what is made from it: type `make docs` and commit the page."
    )


@pytest.mark.parametrize(
    ("page", "file", "was"),
    [
        (RULES, "decision_rules", "newer in Kajabi"),
        (RULES, "guards", "Only what was reviewed"),
        (RULES, "hold_reasons", "for two volunteers"),
        (RUNBOOK, "guards", "More would be written than usual"),
    ],
)
def test_a_text_that_is_changed_in_its_seed_changes_the_page(
    page: Path, file: str, was: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(PROJECT / "seeds", tmp_path / "seeds")
    changed = tmp_path / "seeds" / f"{file}.csv"
    changed.write_text(changed.read_text(encoding="utf-8").replace(was, "another text"), encoding="utf-8")
    monkeypatch.setattr(rules_pages, "PROJECT", tmp_path)
    assert rules_pages.make_page(page) == read(page).replace(was, "another text") != read(page)


def test_a_page_that_has_lost_a_mark_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "rules.md"
    page.write_text(read(RULES).replace("<!-- end of the guards -->", ""), encoding="utf-8")
    with pytest.raises(ValueError, match="does not have both marks of the guards"):
        rules_pages.make_page(page)


def test_the_table_of_the_readme_has_every_rule_in_order() -> None:
    codes = [row[1].strip("`") for row in table(README, "Kajabi's value")]
    assert codes == [row["rule"] for row in seed("decision_rules")]


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_every_row_of_a_seed_says_why_and_its_label_fits(path: Path) -> None:
    for row in seed(path.stem):
        assert row["why"].strip(), row
        assert None not in row, f"too many cells: {row}"
        labels = [text for column, text in row.items() if column.endswith("label")]
        assert all(0 < len(text.strip()) <= LONGEST_LABEL for text in labels), row


def test_the_policies_that_a_seed_may_name_are_those_of_the_rules_page() -> None:
    described = {row[0].strip("`") for row in table(RULES, "policy")}
    codes = read(PROJECT / "tests" / "data" / "guard" / "assert_every_code_is_known.sql")
    accepted = re.search(r"'field_policies'\), 'policy', '(.*?)'", codes)
    assert accepted
    assert described == set(accepted[1].split())


def test_the_placeholders_of_the_rules_page_are_those_of_the_seed() -> None:
    (line,) = re.findall(r"(?m)^.*also means a placeholder: (.*?) \(", read(RULES))
    assert [f"[{text.strip('`')}]" for text in line.split(", ")] == [
        row["bracketed_placeholder"] for row in seed("placeholders") if row["kind"] == "placeholder"
    ]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_to_a_file_and_an_anchor_that_are_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"\w+://|mailto:", target):
            continue
        place, _, anchor = target.partition("#")
        linked = (page.parent / place).resolve() if place else page
        assert linked.exists(), target
        assert linked.is_relative_to(PROJECT), target
        if anchor:
            assert anchor in anchors(linked), target


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_line_can_be_typed_as_it_stands(page: Path) -> None:
    for line in command_lines(page):
        words = shlex.split(line, comments=True)
        words = words[words.index("./kajabi-guard") + 1 :]
        if not words or words == ["COMMAND", "--help"]:
            continue
        if words[0] == "--database-url":
            words = words[2:]
        name, *arguments = words
        assert name in cli.commands, line
        try:
            cli.commands[name].make_context(name, arguments).close()
        except click.exceptions.Exit:
            pass  # it asked for help
        except click.UsageError as error:
            pytest.fail(f"{line}: {error.format_message()}")


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_option_that_is_named_beside_its_command_is_there(page: Path) -> None:
    for code in re.findall(r"`([^`\n]+)`", prose(page)):
        name, *arguments = code.removeprefix("./kajabi-guard ").split()
        if name in cli.commands and name != "with-database":
            known = {text for option in cli.commands[name].params for text in option.opts} | {"--help"}
            assert {word for word in arguments if word.startswith("-")} <= known, code


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_make_target_that_is_named_is_there(page: Path) -> None:
    targets = set(re.findall(r"(?m)^([\w-]+):", read(PROJECT / "Makefile")))
    blocks = "\n".join(text for _, language, text in FENCE.findall(read(page)) if language in {"console", "sh"})
    asked_for = re.findall(r"`make ([\w-]+)`", prose(page)) + re.findall(r"(?m)^make ([\w-]+)$", blocks)
    assert set(asked_for) <= targets


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_file_and_relation_that_is_named_is_there(page: Path) -> None:
    text = read(page)
    for path in re.findall(r"`((?:loader|models|seeds|macros|tests|scripts|docs)/[\w./*-]*)`", text):
        assert list(PROJECT.glob(path.rstrip("/"))), path
    made = "\n".join(read(file) for file in sorted(MIGRATIONS.glob("*.sql")))
    for old, new in re.findall(r"alter table (\w+\.\w+) rename to (\w+);", made):
        made = re.sub(rf"\b{re.escape(old)}\b", f"{old.partition('.')[0]}.{new}", made)
    made += text  # the runbook makes one table, and says so
    for schema, relation in re.findall(r"\b(kajabi_raw|kajabi_ledger)\.(\w+)", text):
        assert re.search(rf"create (table|function|sequence) {schema}\.{relation}\b", made), f"{schema}.{relation}"
    built = {file.stem for folder in ("models", "seeds") for file in (PROJECT / folder).rglob("*.*")}
    # a setting of the transaction, and the package
    for relation in set(re.findall(r"\bkajabi_guard\.(\w+)", text)) - {"run_id", "loader"}:
        assert relation in built, f"kajabi_guard.{relation}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_path_of_this_machine_is_named(page: Path) -> None:
    text = read(page)
    for path in (PROJECT, PROJECT.parent, Path.home()):
        assert f"{path}/" not in text, path
    assert not re.search(r"/(home|Users|work|tmp|root)/\w", text)


@pytest.mark.parametrize("page", [*ABOUT, *DOCS], ids=named)
def test_the_docs_have_one_sentence_a_line(page: Path) -> None:
    lines = [line for line in prose(page).split("\n") if not line.startswith("|")]
    together = [line for line in lines if re.search(r"[a-z0-9)`*][.?!] +[A-Z]", re.sub(r"^ *\d+\. ", "", line))]
    assert together == []


def test_the_runbooks_sql_is_run_block_by_block_by_an_end_to_end_test() -> None:
    blocks = [text for _, language, text in FENCE.findall(read(RUNBOOK)) if language == "sql"]
    titles = [text.strip().split("\n")[0] for text in blocks]
    assert all(title.startswith("-- ") for title in titles)
    assert len(titles) == len(set(titles))
    tests = read(PROJECT / "tests" / "acceptance" / "test_runbook.py")
    used = set(re.findall(r"(?:block\(|rows\(applied, )\"([^\"]+)\"", tests))
    assert used == {title.removeprefix("-- ") for title in titles}


def test_the_limits_of_the_flow_page_are_the_vars_of_the_project() -> None:
    named_vars = {name for row in table(FLOW, "var") for name in re.findall(r"`(\w+)`", row[0])}
    lines = read(PROJECT / "dbt_project.yml").partition("\nvars:\n")[2].split("\n\n")[0]
    assert named_vars == set(re.findall(r"(?m)^  (\w+):", lines))


def test_the_flow_page_names_the_guards_that_are_tables() -> None:
    guards = {row["guard"] for row in seed("guards")}
    models = [file for file in (PROJECT / "models" / "guard").rglob("*.sql") if file.stem in guards]
    tables = {file.stem for file in models if "materialized='table'" in read(file)}
    (line,) = re.findall(r"(?m)^.* is a table, .*: what it looks at is made with the plan.*$", read(FLOW))
    assert set(re.findall(r"`(guard_\w+)`", line)) == tables


def test_the_three_counts_of_the_runbook_are_those_that_apply_prints() -> None:
    (counts,) = [text for _, _, text in FENCE.findall(read(RUNBOOK)) if text.startswith("-- The three counts")]
    assert tuple(re.findall(r"\bas (\w+)[,\n]", counts)) == VERIFIED


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_record_is_short_and_has_its_four_parts(page: Path) -> None:
    assert re.findall(r"(?m)^## (.*)$", read(page)) == ["Context", "Decision", "Consequences", "Alternatives"]
    assert read(page).startswith(f"# {page.name[:4]}: ")
    assert len(read(page).split("\n")) <= LONGEST_DECISION


def test_the_newest_version_of_the_changelog_is_that_of_the_tool() -> None:
    headings = re.findall(r"(?m)^## \[(\S+)\] - (\S+)$", read(CHANGELOG))
    assert headings[0][0] == __version__
    assert not re.search(r"(?m)^version *=", read(PROJECT / "pyproject.toml")), "it stands in loader/__init__.py alone"
    assert {day for _, day in headings[1:] if not re.fullmatch(r"\d{4}-\d\d-\d\d", day)} == set()


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers[0] == 1
    assert all(later == earlier + 1 for earlier, later in pairwise(numbers))
