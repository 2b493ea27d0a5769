"""impact.html: the numbers are the document's, the values are shown exactly, and nothing in them can break the page.

The browser is a real one: tests/support/browser.py. Two worlds of the same shape are planned once, then only read.
"""

from __future__ import annotations

import csv
import re
import shlex
import stat
import webbrowser
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import pytest

from browser import Browser, chromium
from html_page import HtmlPage
from loader.cli import steps
from loader.cli.main import cli
from loader.common.tables import visible
from loader.database import disposable
from loader.database.connection import Target, pointed_at
from loader.database.statements import statement
from loader.merge.apply import apply_plan
from loader.merge.plan import Scope
from loader.report import wording
from loader.report.document import read_report
from loader.report.files import screen_lists, write_files
from loader.report.html import LONGEST_VALUE, PAGE, SHOWN, Listed, first_rows, read_lists, render
from loader.report.screen import LISTS
from loader.report.screen import render as render_screen
from loader.report.summary import answer
from loader.stewardship import overrides
from loader.stewardship.overrides import ROW_VERDICTS
from naughty import BRIEN, FILE, naughty, plain, plan_organisation, values_of
from world import World, database_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loader.database.connection import Connection
    from loader.report.document import Document

SCREENS = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1280, 900)}
# how much longer than an almost empty page ours may take; measured: 5 times on a busy machine
SLOWER = 30
# every key of `report --json`, as scripts have found it since the first version that had it; `files` is the command's
JSON_KEYS: dict[str, Any] = {
    **dict.fromkeys(("database", "is_practice", "load_id", "file_name", "fingerprint", "policy_version")),
    **dict.fromkeys(("is_partial", "applied_as_run")),
    "writes": ("updated_contacts", "inserted_contacts", "outside_this_plan"),
    "contacts": ("held", "in_database", "in_export", "matched", "new", "only_in_database"),
    "values": ("fill", "keep", "link", "update"),
    "needs_review": None,
    **dict.fromkeys(("rules", "rule_labels", "review_by_rule")),
    "old_import": (
        *("contacts_changed", "corrected_contacts", "enriched_contacts", "enriched_linked_to_paypal"),
        *("enriched_linked_to_zoho", "relabelled_contacts", "values_changed", "values_by_field"),
    ),
    "enrichment": (
        *("linked_to_paypal", "linked_to_zoho", "names_from_paypal", "phones_from_others", "shipping_addresses"),
        "with_phone",
    ),
    "addresses": ("match", "missing_here", "missing_in_kajabi", "needs_update", "only_in_database", "only_in_export"),
    "outcomes": [("field", "outcome", "rule", "label", "count_values", "count_needs_review")],
    "old_import_now": ("kept", "filled", "updated"),
    "weeks": [
        ("run_id", "finished_at", "file_name", "differences", "kept", "needs_review", "held", "filled", "inserted")
    ],
    "plan_before": ("fingerprint", "load_id", "is_partial", "file_name", "added", "gone", "changed"),
    "corrections": ("arrived", "not_yet", "otherwise", "sent"),
    "held": [("hold_reason", "label", "remedy", "count_rows")],
    "owners": [("owner_label", "owner_class", "count_values")],
    **dict.fromkeys(("vanished_contacts", "email_changes", "unknown_labels")),
    "guards": [("guard", "label", "failed_label", "is_overridable", "violations", "passed")],
}
# the statements whose rows stand in it as they are; a plan may have none of them
JSON_ROWS = {
    "outcomes": "report_outcomes",
    "weeks": "report_weeks",
    "held": "report_held",
    "owners": "report_owners",
}


@dataclass(frozen=True)
class Told:
    """A world whose plan has been told as a page."""

    world: World
    report: Document
    lists: dict[str, Any]
    folder: Path

    @property
    def document(self) -> dict[str, Any]:
        return self.report.as_json()

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection to this world, wherever the tests are pointed at."""
        with pointed_at(self.world.target), self.world.connect() as connection:
            yield connection

    @property
    def text(self) -> str:
        return (self.folder / PAGE).read_text(encoding="utf-8")

    @property
    def page(self) -> HtmlPage:
        return HtmlPage(self.text)


@contextmanager
def database(server: dict[str, str]) -> Iterator[Target]:
    name = database_name()
    disposable.create(server, name)
    with pointed_at(Target({**server, "PGDATABASE": name})) as target:
        yield target
    disposable.drop(server, name)


def tell(world: World) -> Told:
    with world.connect() as connection:
        return tell_on(world, connection)


def tell_on(world: World, connection: Connection) -> Told:
    document = read_report(connection, world.target)
    folder = write_files(connection, document, "", world.folder / "reports")
    return Told(world, document, read_lists(connection, document), folder)


@pytest.fixture(scope="module")
def hostile(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with database(server) as target:
        world = World(target, tmp_path_factory.mktemp("hostile"))
        plan_organisation(world, naughty, brien=BRIEN, file_name=FILE)
        yield tell(world)


@pytest.fixture(scope="module")
def benign(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with database(server) as target:
        world = World(target, tmp_path_factory.mktemp("benign"))
        plan_organisation(world, plain, brien="obrien@example.org", file_name="week.csv")
        yield tell(world)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


# --- numbers and structure ---


def test_the_json_has_the_keys_that_it_has_always_had_in_their_order(benign: Told) -> None:
    told = benign.document
    assert list(told) == list(JSON_KEYS)
    with benign.connect() as connection:
        for part, name in JSON_ROWS.items():
            columns = connection.execute(statement(name), {"limit": 1}).description or ()
            assert [tuple(column.name for column in columns)] == JSON_KEYS[part], part
    for part, keys in JSON_KEYS.items():
        if isinstance(keys, tuple) and part != "plan_before":
            assert tuple(told[part]) == keys, part
    assert [tuple(guard) for guard in told["guards"][:1]] == JSON_KEYS["guards"]
    assert told["plan_before"] is None


def promised_figures(document: dict[str, Any]) -> dict[str, int]:
    """Every number that the page must show, by the name that it has there, from the document alone."""
    figures = {f"contacts.{name}": number for name, number in document["contacts"].items()}
    figures |= {f"addresses.{name}": number for name, number in document["addresses"].items()}
    figures |= {f"enrichment.{name}": number for name, number in document["enrichment"].items()}
    figures |= {f"guards.{guard['guard']}": guard["violations"] for guard in document["guards"]}
    figures |= {f"held.{row['hold_reason']}": row["count_rows"] for row in document["held"]}
    by_field = document["old_import"]["values_by_field"]
    figures |= {f"old_import.values_by_field.{name}": number for name, number in by_field.items()}
    figures |= {f"owners.{visible(row['owner_label'])}": row["count_values"] for row in document["owners"]}
    figures |= {f"weeks.{n}.{name}": week[name] for n, week in enumerate(document["weeks"]) for name in WEEK_FIGURES}
    figures |= {name: document[name] for name in ("vanished_contacts", "email_changes") if document[name]}
    if document["plan_before"]:
        figures |= {f"plan_before.{name}": document["plan_before"][name] for name in ("added", "gone", "changed")}
    values = document["values"]
    kinds = {name: values[name] for name in ("fill", "update", "link") if values[name]}
    if document["needs_review"]:
        kinds["review"] = document["needs_review"]
    figures |= {f"outcomes.all.{name}": number for name, number in kinds.items()}
    if sum(values.values()):
        figures["outcomes.all"] = sum(values.values())
    for row in document["outcomes"]:
        name = f"outcomes.{row['field']}"
        figures[name] = figures.get(name, 0) + row["count_values"]
    return figures


WEEK_FIGURES = ("differences", "kept", "needs_review", "held", "filled", "inserted")


def assert_agrees(told: Told) -> None:
    shown = told.page.numbers()
    promised = promised_figures(told.document)
    assert {name: shown.get(name) for name in promised} == promised
    assert sum(number for name, number in shown.items() if name.startswith("kept.")) == sum(
        row["count_values"] for row in told.document["outcomes"] if row["outcome"] == "keep"
    )


def test_the_numbers_of_the_page_are_those_of_the_json(benign: Told, hostile: Told) -> None:
    for told in (benign, hostile):
        assert told.document["needs_review"]
        assert told.document["values"]["link"]
        assert told.document["values"]["fill"]
        assert_agrees(told)
        now = told.document["old_import_now"]
        assert sum(now.values()) == told.document["old_import"]["values_changed"]


def screen_of(told: Told) -> str:
    """The report in a terminal, on one line."""
    with told.connect() as connection:
        return " ".join(render_screen(told.report, screen_lists(connection, told.report)).split())


def test_the_terminal_says_the_same_sentences_words_and_numbers_as_the_page(benign: Told, hostile: Told) -> None:
    """Two words for one figure are two figures to whoever reads them."""
    for told in (benign, hostile):
        document, page, screen = told.document, told.page, screen_of(told)
        report = told.report
        said = answer(report)
        assert said.then
        sentences = [said.headline, " ".join(said.first), " ".join(said.then), wording.guards(report)]
        sentences += [wording.people_at_risk(report), wording.cells(report)]
        sentences += [wording.writes_title(report), *wording.sides(report).values()]
        assert all(sentences)
        assert [text for text in sentences if text not in screen] == []
        assert [text for text in sentences if text not in page.words] == []
        shown = page.numbers()
        named = {
            **{f"addresses.{name}": label for name, label in wording.ADDRESSES.items()},
            **{f"enrichment.{name}": label for name, label in wording.ENRICHMENT.items()},
            **{f"guards.{guard['guard']}": guard["label"] for guard in document["guards"]},
            **{f"held.{row['hold_reason']}": row["label"] for row in document["held"]},
            **{f"{name}": f"{label} ({name}.csv)" for name, label in wording.REPORTED.items() if document[name]},
        }
        assert set(document["addresses"]) == set(wording.ADDRESSES)
        assert set(document["enrichment"]) == set(wording.ENRICHMENT)
        assert [name for name, label in named.items() if f"{label} {shown[name]:,}" not in screen] == []
        assert [label for label in named.values() if label.split(" (")[0] not in page.words] == []
        kept = {name.removeprefix("kept."): number for name, number in shown.items() if name.startswith("kept.")}
        assert [label for label, number in kept.items() if f"{label} {number:,}" not in screen] == []
        assert screen.count("needs review: ") == len(document["review_by_rule"])


def test_the_page_is_structured_for_whoever_cannot_see_it(benign: Told) -> None:
    page = benign.page
    tags = [tag for tag, _ in page.tags]
    assert tags.count("main") == tags.count("h1") == tags.count("header") == tags.count("footer") == 1
    assert page.headings[0] == 1
    assert all(later <= earlier + 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))
    assert len(page.ids) == len(set(page.ids))
    assert tags.count("caption") == tags.count("table")
    assert all("scope" in dict(attributes) for tag, attributes in page.tags if tag == "th")
    assert dict(page.tags[0][1]) == {"lang": "en"}
    linked = [dict(attributes)["href"] for tag, attributes in page.tags if tag == "a"]
    assert linked[0] == "#answer", "the first stop of the keyboard skips to the answer"
    assert {str(link)[1:] for link in linked if str(link).startswith("#")} <= set(page.ids)
    assert all((benign.folder / str(link)).exists() for link in linked if not str(link).startswith("#"))
    titled = [dict(attributes).get("aria-labelledby") for tag, attributes in page.tags if tag == "section"]
    assert set(titled) <= set(page.ids)
    drawn = [dict(attributes) for tag, attributes in page.tags if tag == "svg"]
    assert all(svg.get("aria-hidden") == "true" or svg.get("role") == "img" for svg in drawn)


def test_the_sections_come_in_the_order_in_which_a_person_asks(benign: Told) -> None:
    ids = [
        name for name in benign.page.ids if name in {"answer", "pictures", "guards", "writes", "review", "kept", "next"}
    ]
    assert ids == ["answer", "pictures", "guards", "writes", "review", "kept", "next"]


def test_the_file_is_its_owners_alone_and_no_half_of_it_is_left(benign: Told) -> None:
    path = benign.folder / PAGE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(benign.folder.stat().st_mode) == 0o700
    assert list(benign.folder.glob("*.part")) == []


def test_nothing_may_be_fetched_or_run_but_our_own_style_and_script(hostile: Told) -> None:
    text = hostile.text
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src &#39;none&#39;; style-src &#39;sha256-")
    assert "unsafe" not in policy
    tags = hostile.page.tags
    assert [tag for tag, _ in tags].count("script") == 1
    assert not {"img", "link", "iframe", "object", "form", "base", "embed"} & {tag for tag, _ in tags}
    names = {name for _, attributes in tags for name, _ in attributes}
    assert not {name for name in names if name.startswith("on")} | ({"style", "src"} & names)


# --- values ---


def test_hostile_values_do_not_change_the_structure(benign: Told, hostile: Told) -> None:
    assert [tag for tag, _ in hostile.page.tags] == [tag for tag, _ in benign.page.tags]
    assert [attributes for _, attributes in hostile.page.tags] == [attributes for _, attributes in benign.page.tags]


def test_every_value_is_shown_exactly(hostile: Told) -> None:
    shown = set(hostile.page.values)
    lists = {
        "planned_changes": ("email", "name_here", "present_value", "final_value"),
        "new_contacts": ("email", "first_name", "last_name", "phone", "address_line_1", "city"),
        "to_decide": ("email", "ours", "kajabi"),
        "skipped_updates": ("email", "present_value", "incoming_value"),
    }
    with hostile.connect() as connection:
        for name, columns in lists.items():
            rows = first_rows(connection, name, 10_000).rows
            assert rows, name
            wanted = values_of(rows, columns)
            missing = {value for value in wanted if len(value) <= LONGEST_VALUE and visible(value) not in shown}
            assert missing == set(), name
    assert {visible(FILE), *(visible(row["owner_label"]) for row in hostile.document["owners"])} <= shown
    raw = hostile.text
    assert [sign for sign in "\u202e\u2066\u200b\x07\x1b\x7f\x85\u2028\ufeff" if sign in raw] == []
    assert "&lt;U+202E&gt;" in raw


def test_a_very_long_value_is_cut_and_says_so(benign: Told) -> None:
    row = {**benign.lists["skipped_updates"].rows[0], "present_value": "<b>" * 40_000}
    lists = {**benign.lists, "skipped_updates": Listed([row], 1, "skipped_updates.csv")}
    text = render(benign.report, lists, benign.folder)
    assert "… (120,000 characters)" in text
    assert len(text) < len(benign.text) + 10 * LONGEST_VALUE


# --- commands ---


def test_the_commands_that_decide_can_be_pasted(hostile: Told) -> None:
    """Each is taken apart as a shell would, understood by the command line, and names a line and a possible verdict."""
    lines = {
        (row["email"], row["field"]): row["possible_verdicts"].split(", ") for row in hostile.lists["to_decide"].rows
    }
    typed = [shlex.split(code) for code in hostile.page.codes if " decide " in code and "--from" not in code]
    seen: dict[tuple[str, str | None], set[str]] = {}
    for words in typed:
        assert words[:2] == ["./kajabi-guard", "decide"]
        context = cli.commands["decide"].make_context("decide", words[2:])
        email, *given = context.params["words"]
        context.close()
        is_row = given[0] in ROW_VERDICTS
        seen.setdefault((email, None if is_row else given[0]), set()).add(given[0] if is_row else given[-1])
    assert seen == {key: set(verdicts) for key, verdicts in lines.items() if key[0] is not None}
    assert any(len(key[0]) > 5 and "'" in key[0] for key in seen), "an email that needs quotes is among them"


def test_an_email_that_looks_like_an_option_can_be_pasted_too() -> None:
    from loader.report.html import commands  # noqa: PLC0415  # the one place where its shape matters

    row = {"email": "-rosa@example.org", "field": "phone", "possible_verdicts": "ours, kajabi"}
    for code in commands(row):
        context = cli.commands["decide"].make_context("decide", shlex.split(code)[2:])
        assert context.params["words"][:2] == ("-rosa@example.org", "phone")
        assert context.params["because"] == "..."
        context.close()
    assert commands({**row, "email": "rosa\u202e@example.org"}) == []
    assert commands({**row, "email": None}) == []


def test_a_held_row_shows_who_it_could_be_and_what_settles_it_for_each_of_them(world: World) -> None:
    """Hostile emails: what is copied from the page must reach the shell as it stands, and be recorded."""
    ours, theirs = "o'neil $(id)@example.org", "-rosa@example.org"
    world.say_no_duplicates()
    world.add_contacts(
        {"email": ours, "first_name": "Ann", "last_name": "O'Neil", "kajabi_id": "1000000001"},
        {"email": theirs, "first_name": "Rosa", "last_name": "Reed", "phone": "(303) 555-0101"},
    )
    world.load(
        {"email": theirs, "kajabi_id": "1000000001", "first_name": "Ann"},
        {"email": "rosa.new@example.org", "first_name": "Rosa", "last_name": "Reed", "phone": "(303) 555-0101"},
        {"email": "", "kajabi_id": "1000000009", "first_name": "Nobody"},
    )
    world.plan()
    told = tell(world)
    rows = told.page.words.partition("Line by line")[2]
    disagree = rows.partition("Kajabi id and email: different people")[0]
    assert f"{ours} Ann O'Neil, by the Kajabi id" in disagree
    assert f"{theirs} Rosa Reed, by the email" in disagree
    possible = rows.partition("possible duplicate")[0]
    assert f"{theirs} Rosa Reed, by the same phone and full name" in possible
    assert "rosa.new@example.org Rosa Reed, export row" in possible
    assert "nobody here fits" in rows
    typed = [words for words in map(shlex.split, told.page.codes) if words[1] in {"decide", "duplicate"}]
    settled, recorded = [], 0
    for words in typed:
        if "--from" in words or "--none" in words or "OTHER_EMAIL" in words:
            continue
        context = cli.commands[words[1]].make_context(words[1], words[2:])
        email, *given = context.params.get("words") or context.params["emails"]
        context.close()
        settled.append((words[1], email, *given))
        with world.connect() as connection, connection.transaction(force_rollback=True):
            if words[1] == "decide":
                assert overrides.decide(connection, email, given[0], (*given, None)[1], "tried") == "recorded", words
                recorded += 1
    one, two = ("decide", theirs), ("decide", "rosa.new@example.org")
    assert {(*one, "same-as", ours), (*one, "same-as", theirs), (*one, "ignore")} <= set(settled)
    assert {(*two, "same-as", theirs), (*two, "new"), (*two, "ignore")} <= set(settled)
    assert ("duplicate", "rosa.new@example.org", theirs) in settled
    assert recorded >= 7
    assert_agrees(told)


def test_every_command_that_decides_alone_is_recorded(benign: Told) -> None:
    """What the page offers must work: each verdict of each line, tried and taken back."""
    outcomes = []
    for code in benign.page.codes:
        words = shlex.split(code)
        if words[1:2] == ["decide"] and "OTHER_EMAIL" not in words and "--from" not in words:
            context = cli.commands["decide"].make_context("decide", words[2:])
            email, field, last = (*context.params["words"], None)[:3]
            context.close()
            with benign.connect() as connection, connection.transaction(force_rollback=True):
                outcomes.append((code, overrides.decide(connection, email, field, last, "tried")))
    assert len(outcomes) > 20
    assert [code for code, outcome in outcomes if outcome != "recorded"] == []


# --- other plans ---


def test_a_red_guard_comes_first_with_what_was_found_and_no_way_to_write(benign: Told) -> None:
    """A calm answer above it would be read, and the guard not."""
    email = benign.lists["planned_changes"].rows[0]["email"]
    with benign.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute(
            "update public.contacts set phone = '303 555 0100', city = '=1+1' where email = %s", (email,)
        )
        told = tell_on(benign.world, connection)
        screen = " ".join(render_screen(told.report, screen_lists(connection, told.report)).split())
    page = told.page
    for text in (page.words, screen):
        stop, _, rest = text.partition("Stop: 1 guard is red, and nothing will be written.")
        assert "The old import would" not in stop
        opening, _, calm = rest.partition("What this plan would do if no guard were red")
        assert opening.strip().startswith("RED Contacts have changed since the plan")
        assert "What to do. Run" in opening
        assert "phone" in opening
        assert "No override is possible for: Contacts have changed since the plan." in opening
        assert "./kajabi-guard plan" in opening
        assert "The old import would" in calm
    assert email in page.words.partition("What was found")[2].partition("What to do.")[0]
    assert [code for code in page.codes if " apply " in code] == []
    assert " apply 1" not in screen
    assert_agrees(told)
    path = told.folder / "guard_findings.csv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    (guard,) = [guard for guard in told.document["guards"] if not guard["passed"]]
    assert len(found) == guard["violations"] == 2
    assert {(row["guard"], row["label"], row["email"]) for row in found} == {
        (guard["guard"], guard["failed_label"], email)
    }
    with benign.connect() as connection:
        tell_on(benign.world, connection)
    assert path.read_text("utf-8-sig").splitlines() == ["guard,label,email,row_number,field,found"], "green again"


def test_a_guard_that_can_be_overridden_is_shown_with_the_command(benign: Told) -> None:
    accepted = {"guard_unusual_volume", "guard_older_export"}
    guards = [replace(g, passed=False, violations=1) if g.guard in accepted else g for g in benign.report.guards]
    page = HtmlPage(render(replace(benign.report, guards=tuple(guards)), benign.lists, benign.folder))
    codes = [code for code in page.codes if " apply " in code and code.startswith("./")]
    code, again = codes
    assert code == again, "in the opening and under Next"
    assert page.words.index(code) < page.words.index("if no guard were red")
    context = cli.commands["apply"].make_context("apply", shlex.split(code)[2:])
    assert context.params["accept"] == ("guard_older_export", "guard_unusual_volume")
    assert context.params["because"] == "..."
    context.close()


def test_the_practice_database_says_so_above_everything(benign: Told) -> None:
    banner = "Practice database: nothing here reaches your organisation."
    assert banner not in benign.text
    practice = replace(benign.report, plan=replace(benign.report.plan, is_practice=True))
    text = render(practice, benign.lists, benign.folder)
    assert text.index(banner) < text.index("<h1")


def test_what_became_of_the_corrections_is_shown_once_some_were_sent(benign: Told) -> None:
    figures = {"sent": 9, "arrived": 6, "not_yet": 2, "otherwise": 1}
    report = replace(benign.report, corrections=figures)
    page = HtmlPage(render(report, benign.lists, benign.folder))
    assert {name: page.numbers()[f"corrections.{name}"] for name in figures} == figures
    none_sent = replace(benign.report, corrections=dict.fromkeys(figures, 0))
    nothing = HtmlPage(render(none_sent, benign.lists, benign.folder))
    assert not [name for name in nothing.numbers() if name.startswith("corrections.")]


def assert_difference_is_told(told: Told, first: str, email: str) -> None:
    """One value that a person has decided since, on the page, in the terminal and for a spreadsheet."""
    said = f"differs from the plan before The plan made before this one was {first[:8]}. Against it, 1 added, 0 gone"
    assert [text for text in (told.page.words, screen_of(told)) if said not in text] == []
    assert f"added {email} phone left it 303 555 0199" in screen_of(told)
    assert email in (told.folder / "plan_difference.csv").read_text("utf-8-sig")


def test_the_plan_before_the_week_and_the_written_plan(world: World) -> None:
    """One contact through its life: planned, decided and planned again, in part, written, and nothing left."""
    ada, ben = "ada@example.org", "ben@example.org"
    world.say_no_duplicates()
    world.add_contacts({"email": ada, "first_name": "Ada"}, {"email": ben, "phone": "303 555 0101"})
    world.load({"email": ada, "phone": "303 555 0142"}, {"email": ben, "phone": "303 555 0199"})
    first = world.plan()["fingerprint"]
    told = tell(world)
    assert told.document["plan_before"] is None
    assert "No value that you hold is changed." in told.page.words
    assert "The old import would have changed 2 values of 2 people." in told.page.words
    assert "This one leaves 1 of them as they are and fills 1 that is blank here." in told.page.words

    with world.connect() as connection:
        assert overrides.decide(connection, ben, "phone", "kajabi", "she told us") == "recorded"
    world.plan()
    told = tell(world)
    before = told.document["plan_before"]
    assert (before["fingerprint"], before["added"], before["gone"], before["changed"]) == (first, 1, 0, 0)
    assert tuple(before) == JSON_KEYS["plan_before"]
    (row,) = told.lists["differences"].rows
    assert (row["change"], row["email"], row["field"], row["value_now"]) == ("added", ben, "phone", "303 555 0199")
    assert "1 value is taken from Kajabi, as your policy or an override says." in told.page.words
    assert "From Kajabi: 1 because of an override." in told.page.words
    assert_agrees(told)
    assert_difference_is_told(told, first, ben)

    world.plan(Scope(only=[ada]))
    told = tell(world)
    assert told.document["plan_before"]["gone"] == 1
    assert all("Against it, 0 added, 1 gone, 0 changed." in text for text in (told.page.words, screen_of(told)))
    assert "This is a part plan: 1 further contact waits" in told.page.words
    assert told.page.numbers()["outcomes.all.wait"] == 1
    assert told.document["values"]["keep"] == 1
    assert_agrees(told)

    world.plan()
    with world.connect() as connection:
        run = apply_plan(connection, world.target, tell_on(world, connection).document["fingerprint"])
    told = tell(world)
    (week,) = told.document["weeks"]
    assert (week["run_id"], week["kept"], week["filled"], week["differences"]) == (run.run_id, 0, 2, 2)
    assert f"Written, as run {run.run_id}: 1 value was taken from Kajabi" in told.page.words
    assert [code for code in told.page.codes if " apply " in code] == []
    assert_agrees(told)

    world.plan()
    told = tell(world)
    assert told.document["plan_before"] is None, "a plan that was written is not compared with"
    assert "What differs from the plan before" not in screen_of(told)
    assert not (told.folder / "plan_difference.csv").exists()
    assert "Nothing to write: every value stays as it is." in told.page.words
    assert "The old import would have changed no value." in told.page.words
    assert [code for code in told.page.codes if " apply " in code], "an empty plan accepts the export"
    assert_agrees(told)


def test_many_differences_are_counted_and_not_all_shown(benign: Told) -> None:
    before = {"fingerprint": "0" * 64, "load_id": 1, "is_partial": True, "file_name": "a\u202eb.csv"}
    document = replace(benign.report, before={**before, "added": 1_200, "gone": 30, "changed": 4})
    row = {"change": "changed", "email": "ada@example.org", "field": "phone", "value_before": None, "value_now": "1"}
    row |= {"present_value": None, "rule": "fill_blank"}
    text = render_screen(document, {**dict.fromkeys(LISTS, ()), "plan_difference": [row] * 8})
    words = " ".join(text.split())
    assert ", a part plan, from another export (a<U+202E>b.csv). Against it, 1,200 added, 30 gone, 4 chan" in words
    assert "changed ada@example.org phone (blank) 1" in words
    assert "... and 1,226 more" in words
    page = HtmlPage(render(document, {**benign.lists, "differences": Listed([row] * 300, 1_234)}, benign.folder))
    assert "The first 300 of 1,234 differences are shown here" in page.words
    assert ", a part plan, from another export (a<U+202E>b.csv). Against it, 1,200 added" in page.words
    same = replace(document, before={**before, "added": 0, "gone": 0, "changed": 0})
    page = HtmlPage(render(same, {**benign.lists, "differences": Listed([], 0)}, benign.folder))
    screen = " ".join(render_screen(same, {**dict.fromkeys(LISTS, ()), "plan_difference": []}).split())
    assert wording.SAME_WRITES in page.words
    assert wording.SAME_WRITES in screen


# --- in a browser ---


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_browser_shows_hostile_values_quietly_on_every_screen(
    browser: Browser, hostile: Told, screen: str, theme: Literal["light", "dark"]
) -> None:
    width, height = SCREENS[screen]
    browser.look(width, height, theme)
    browser.open(hostile.folder / PAGE)
    assert browser.messages == []
    assert browser.requests == [(hostile.folder / PAGE).as_uri()], "the page asks nobody for anything"
    assert browser.run("document.title").startswith("Plan ")
    assert browser.run("document.scripts.length") == 1
    browser.run("document.querySelectorAll('section').forEach((part) => { part.style.contentVisibility = 'visible' })")
    assert browser.run("document.documentElement.scrollWidth") <= width, "nobody scrolls sideways"
    assert browser.run(WORST_CONTRAST) >= 4.5
    picture = browser.picture()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(picture) > 10_000, "a page of text is no blank picture"


# every cell that a reader on a small screen cannot get to: cut, or outside of what can be scrolled by keyboard
UNREACHABLE = """(() => {
  const lost = [];
  for (const cell of document.querySelectorAll("td, th, caption, dd, dt, code, p, h1, h2, h3, li")) {
    if (!cell.textContent.trim() || !cell.checkVisibility()) continue;
    const heading = cell.closest("thead");
    if (heading && getComputedStyle(heading).position === "absolute") continue;
    if (cell.closest(".skip")) continue;
    const box = cell.getBoundingClientRect();
    const scrolled = cell.closest("[role=region][tabindex='0'][aria-labelledby]");
    const room = document.documentElement.clientWidth;
    const isBlock = cell.clientWidth > 0 && getComputedStyle(cell).display !== "inline";
    const cut = isBlock && cell.scrollWidth > cell.clientWidth + 1;
    if (!scrolled && (box.left < -0.5 || box.right > room + 0.5 || cut)) {
      lost.push(`${cell.tagName} in ${cell.closest("table")?.id}: ${cell.textContent.trim().slice(0, 60)}`);
    }
  }
  return lost;
})()"""


@pytest.mark.parametrize("width", [375, 320])
def test_on_a_phone_nothing_is_cut_and_the_page_does_not_scroll_sideways(
    browser: Browser, hostile: Told, width: int
) -> None:
    """With every table open, and what a red guard found in it as well."""
    red = replace(hostile.report.guards[0], passed=False, violations=12)
    word = "Donaudampfschifffahrtsgesellschaft" * 3
    found = {"guard": red.guard, "email": f"{word}@example.org", "field": "phone", "row_number": 3}
    lists = {**hostile.lists, "evidence": {red.guard: [{**found, "details": {"present_value": word}}]}}
    week = dict.fromkeys(WEEK_FIGURES, 12_345)
    document = replace(
        hostile.report,
        guards=(red, *hostile.report.guards[1:]),
        weeks=({"run_id": 1, "finished_at": "2026-01-05 10:00", "file_name": f"{word}.csv", **week},),
        corrections={"sent": 9, "arrived": 6, "not_yet": 2, "otherwise": 1},
    )
    path = hostile.folder / "phone.html"
    path.write_text(render(document, lists, hostile.folder), encoding="utf-8")
    browser.look(width, 812)
    browser.open(path)
    path.unlink()
    browser.run("document.querySelectorAll('section').forEach((part) => { part.style.contentVisibility = 'visible' })")
    browser.run("document.querySelectorAll('details').forEach((part) => { part.open = true })")
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.run("document.documentElement.clientWidth") == browser.run("innerWidth") == width
    assert browser.run(UNREACHABLE) == []


# labels of charts with a word that is wider than the room for it, so that it breaks between letters
BROKEN_LABELS = """(() => {
  const broken = [];
  for (const label of document.querySelectorAll(".bars th[scope=row]")) {
    const style = getComputedStyle(label);
    const room = label.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const probe = label.appendChild(document.createElement("span"));
    probe.style.cssText = "position: absolute; white-space: nowrap";
    for (const word of label.textContent.trim().split(/\\s+/)) {
      probe.textContent = word;
      if (probe.getBoundingClientRect().width > room + 0.5) broken.push(word);
    }
    probe.remove();
  }
  return broken;
})()"""


@pytest.mark.parametrize("width", [400, 1100, 1600])
def test_no_label_of_a_chart_breaks_within_a_word(browser: Browser, benign: Told, width: int) -> None:
    browser.look(width, 900)
    browser.open(benign.folder / PAGE)
    assert browser.run("document.querySelectorAll('#enrichment th[scope=row]').length") > 2
    assert browser.run(BROKEN_LABELS) == []
    assert browser.run("document.documentElement.scrollWidth") <= width, "nobody scrolls sideways"


# the lowest contrast between a text and what lies behind it (WCAG 2), over every element that holds text
WORST_CONTRAST = """(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (c) => {
    const part = (v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = c.slice(0, 3).map((v) => part(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  let worst = 21;
  for (const e of document.querySelectorAll("body *")) {
    if (e.closest("svg, script") || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
    worst = Math.min(worst, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return worst;
})()"""


def test_the_page_is_printed_whole(browser: Browser, hostile: Told) -> None:
    browser.look(1280, 900, "dark")
    browser.open(hostile.folder / PAGE)
    printed = browser.pdf()
    assert printed.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= 3
    assert browser.messages == []
    browser.page.emulate_media(media="print")
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_the_keyboard_reaches_the_answer_first_and_a_search_narrows_the_list(browser: Browser, benign: Told) -> None:
    browser.look(*SCREENS["desktop"])
    browser.open(benign.folder / PAGE)
    browser.page.keyboard.press("Tab")
    assert browser.run("document.activeElement.className") == "skip"
    assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    shown = "[...document.getElementById('skipped-updates').tBodies].filter((b) => !b.hidden).length"
    every = browser.run(shown)
    assert every == len(benign.lists["skipped_updates"].rows)
    email = benign.lists["skipped_updates"].rows[0]["email"]
    browser.page.fill("#search-skipped-updates", email.upper())
    wanted = sum(row["email"] == email for row in benign.lists["skipped_updates"].rows)
    assert browser.run(shown) == wanted < every


def test_a_search_says_how_many_rows_it_cannot_see(browser: Browser, benign: Told, tmp_path: Path) -> None:
    """Nothing found among the first thousand is not nothing found."""
    path = tmp_path / "long.html"
    path.write_text(full(benign), encoding="utf-8")
    browser.look(*SCREENS["desktop"])
    browser.open(path)
    browser.page.fill("#search-skipped-updates", "nobody at all")
    said = browser.page.text_content("output[for=search-skipped-updates]")
    assert said == "0 of 1000 shown; 99,000 more are only in skipped_updates.csv"


def test_everything_is_readable_without_the_script(browser: Browser, benign: Told) -> None:
    browser.look(*SCREENS["desktop"], scripts=False)
    browser.open(benign.folder / PAGE)
    # first, as a reader would: once it was asked whether a row is visible, Chromium's search misses rows that are not
    # laid out yet
    for name, listed in benign.lists.items():
        if name in SHOWN:
            email = next(row["email"] for row in reversed(listed.rows) if row["email"])
            assert browser.run(f"getSelection().removeAllRanges(); find({email!r})"), f"{name}: not to be found"
    bodies = "[...document.querySelectorAll('tbody')].filter((b) => !b.closest('details'))"
    assert browser.run(f"{bodies}.length")
    hidden = f"{bodies}.filter((b) => !b.checkVisibility()).length"
    assert browser.run(hidden) == 0
    assert browser.run("document.querySelectorAll('.search:not([hidden])').length") == 0
    assert browser.run("document.querySelector('.search').checkVisibility()") is False


def full(benign: Told, value: str = "an invented value") -> str:
    """The page with as many rows as a page may have, of a plan of a hundred thousand."""
    lists: dict[str, Any] = {}
    for name, limit in SHOWN.items():
        (row, *_) = benign.lists[name].rows
        filled = {key: value if isinstance(cell, str) and key not in KEYS else cell for key, cell in row.items()}
        lists[name] = Listed([filled] * limit, 100_000, f"{name}.csv")
    return render(benign.report, {**benign.lists, **lists}, benign.folder)


KEYS = {"field", "differs_in", "label", "why_it_waits", "what_to_do", "possible_verdicts", "rule"}


def test_a_page_of_a_hundred_thousand_stays_small_and_says_where_the_rest_is(benign: Told) -> None:
    text = full(benign)
    assert len(text.encode()) < 2_000_000
    assert f"The first {SHOWN['skipped_updates']:,} of 100,000 values are shown here" in HtmlPage(text).words
    assert "99,000 are not. All of them are in skipped_updates.csv" in HtmlPage(text).words
    worst = full(benign, "<U+202E>" * 1000)
    assert len(worst.encode()) < 20_000_000


def test_the_full_page_opens_about_as_fast_as_any_page(browser: Browser, benign: Told, tmp_path: Path) -> None:
    trivial, ours = tmp_path / "trivial.html", tmp_path / "ours.html"
    trivial.write_text("<!doctype html><title>t</title><p>one line", encoding="utf-8")
    ours.write_text(full(benign), encoding="utf-8")
    browser.look(*SCREENS["desktop"])
    rounds = [(browser.open(trivial), browser.open(ours)) for _ in range(4)]
    fastest_trivial, fastest_ours = (min(times) for times in zip(*rounds, strict=True))
    assert fastest_ours < SLOWER * fastest_trivial, f"{fastest_ours:.0f} ms against {fastest_trivial:.0f} ms"


# --- opening ---


def test_open_shows_the_page_or_says_where_it_is(
    benign: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = tmp_path / "opened"
    opener = tmp_path / "opener"
    opener.write_text(f'#!/bin/sh\nprintf "%s" "$1" > {shlex.quote(str(opened))}\n')
    opener.chmod(0o700)
    page = benign.folder / PAGE
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    monkeypatch.setenv("BROWSER", f"{opener} %s")
    steps.open_page(page)
    assert opened.read_text() == page.as_uri()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(webbrowser, "_tryorder", [])
    steps.open_page(page)
    assert str(page) in capsys.readouterr().err
