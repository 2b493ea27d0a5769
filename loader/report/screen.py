"""The report as a person reads it in a terminal of 80 columns: the answer first, the next command last.

Its sentences and words are those of the page (``summary``, ``wording``), its numbers those of the document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ..common.fields import FIELD_NAMES
from ..common.layout import command_line, paragraph, title
from ..common.shell_quoting import LIST_MERGED, as_typed
from ..common.tables import printed, table, visible
from . import wording
from .summary import answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from .document import Document, Figures, Rows

LINES_SHOWN = 8
FINDINGS_SHOWN = 5  # of each red guard
# the lists whose first rows the terminal shows
LISTS = ("planned_changes", "new_contacts")
SIDES = ("present_value", "final_value")


def render(document: Document, lists: Mapping[str, Rows], *, color: bool = False) -> str:
    """Return the report of ``read_report``'s document; ``lists`` is what ``screen_lists`` made of it.

    That is the first rows of LISTS, of ``plan_difference`` where there is a plan before, and of what red guards found.
    """

    def draw(out: Console) -> None:
        _answer(out, document, lists)
        _old_import(out, document)
        _compared(out, document)
        _guards(out, document)
        _writes(out, document, lists)
        _difference(out, document, lists)
        _waiting(out, document)
        if document.corrections["sent"]:
            _figures(out, "Corrections sent to Kajabi", document.corrections, wording.CORRECTIONS)
        _next(out, document)

    return printed(draw, color=color)


def _answer(out: Console, document: Document, lists: Mapping[str, Rows]) -> None:
    out.print(Text(f"Plan {document.plan.short} for {visible(document.plan.file_name)}", overflow="fold"))
    paragraph(out, document.plan.database)
    paragraph(out, f"Made under policy version {document.plan.policy_version[:8]}.")
    for label, text in wording.runs(document).items():
        paragraph(out, f"{label}: {text}.")
    told = answer(document)
    title(out, told.headline)
    if told.state == "red":
        _red(out, document, lists)
        title(out, wording.OTHERWISE)
    paragraph(out, " ".join(told.first))
    if told.then:
        out.print()
        paragraph(out, " ".join(told.then))
    waiting = wording.newcomers(document)
    if waiting:
        out.print()
        paragraph(out, waiting)
        for command in LIST_MERGED:
            command_line(out, command)
    out.print()
    for label, text in wording.sides(document).items():
        paragraph(out, f"{label}: {text}")


def _red(out: Console, document: Document, lists: Mapping[str, Rows]) -> None:
    """What stops the write comes before everything else: which guard, what it found, what to do."""
    for guard in wording.red_guards(document):
        title(out, f"RED {guard['label']}")
        paragraph(out, f"{guard['meaning']} {guard['found']} {guard['why']}")
        found = lists.get(guard["guard"], ())
        if found:
            rows = [(wording.whom(row), _field(row["field"]), wording.details(row)) for row in found]
            out.print(table(("who", "field", "more"), rows))
            _more(out, (guard["violations"] or 0) - len(rows))
        paragraph(out, f"What to do. {guard['remedy']}")
    out.print()
    paragraph(out, f"Every row that they found is in {wording.FINDINGS}. {wording.how_to_go_on(document)}")
    command_line(out, wording.accept(document) or "./kajabi-guard plan")


def _field(name: str | None) -> str:
    return {**FIELD_NAMES, "new_contact": "new contact"}.get(name or "", name or "")


def _old_import(out: Console, document: Document) -> None:
    by_field = document.old_import["values_by_field"]
    people = wording.people_at_risk(document)
    if people or by_field:
        title(out, "What the old import would have changed")
    if people:
        paragraph(out, people)
    if by_field:
        paragraph(
            out, f"By field: {', '.join(f'{FIELD_NAMES[name]} {number:,}' for name, number in by_field.items())}."
        )


def _compared(out: Console, document: Document) -> None:
    rules = [(rule["label"], rule["count_values"]) for rule in document.rules if rule["count_values"]]
    if rules:
        title(out, wording.heading(document, "differences"))
        out.print(table((wording.heading(document, "differs"), "values"), rules, numbers=(1,)))
    _figures(out, "Addresses, here and in Kajabi", document.addresses, wording.ADDRESSES)
    _figures(out, "What others gave your contacts", document.enrichment, wording.ENRICHMENT)


def _figures(out: Console, heading: str, figures: Figures, words: Mapping[str, str]) -> None:
    if any(figures.values()):
        title(out, heading)
        out.print(table(("", "number"), [(words[name], figures[name]) for name in words], numbers=(1,)))


def _guards(out: Console, document: Document) -> None:
    title(out, "Guards")
    paragraph(out, wording.guards(document))
    rows = [("ok" if guard.passed else "RED", guard.told, guard.violations) for guard in document.guards]
    out.print(table(("", "guard", "found"), rows, numbers=(2,)))


def _writes(out: Console, document: Document, lists: Mapping[str, Rows]) -> None:
    changes, arrivals = lists["planned_changes"], lists["new_contacts"]
    if not changes and not arrivals:
        return
    title(out, wording.writes_title(document))
    if changes:
        paragraph(out, f"{wording.cells(document)} The whole is in planned_changes.csv.")
        listed = [
            (row["email"], FIELD_NAMES[row["field"]], *(row[side] or "(blank)" for side in SIDES)) for row in changes
        ]
        out.print(table(("who", "field", "from", "to"), listed))
        _more(out, document.count_changed - len(listed))
    if arrivals:
        title(out, "New contacts")
        paragraph(out, "The whole is in new_contacts.csv.")
        names = [(row["email"], " ".join(filter(None, (row["first_name"], row["last_name"])))) for row in arrivals]
        out.print(table(("email", "name"), names))
        _more(out, document.writes["inserted_contacts"] - len(names))


def _difference(out: Console, document: Document, lists: Mapping[str, Rows]) -> None:
    """Whoever read the plan before reads only this."""
    if not document.before:
        return
    title(out, wording.DIFFERENCE)
    paragraph(out, f"{wording.difference(document)} The whole is in {wording.DIFFERENCES}.")
    rows = [
        (
            row["change"],
            row["email"],
            _field(row["field"]),
            "left it" if row["change"] == "added" else row["value_before"] or "(blank)",
            "leaves it" if row["change"] == "gone" else row["value_now"] or "(blank)",
        )
        for row in lists["plan_difference"]
    ]
    if rows:
        out.print(table(("what", "who", "field", "the plan before", "this plan"), rows))
        _more(out, sum(document.before[change] for change in wording.CHANGES) - len(rows))


def _more(out: Console, number: int) -> None:
    if number > 0:
        out.print(f"... and {number:,} more")


def _waiting(out: Console, document: Document) -> None:
    title(out, "For a person to decide")
    held = [(held["label"], held["count_rows"]) for held in document.held]
    review = [(f"needs review: {rule['label']}", rule["count_needs_review"]) for rule in document.rules]
    reported = [(f"{label} ({name}.csv)", document.reported[name]) for name, label in wording.REPORTED.items()]
    rows = [(what, number) for what, number in (*held, *review, *reported) if number]
    if rows:
        out.print(table(("", "rows"), rows, numbers=(1,)))
        out.print(as_typed("To decide: fill in to_decide.csv, then  ./kajabi-guard decide --from FILE"), soft_wrap=True)
        out.print("Row by row, with what to do: held_rows.csv and skipped_updates.csv.")
    else:
        out.print("Nothing.")
    if document.reported["unknown_labels"]:
        paragraph(out, f"{wording.UNKNOWN_LABELS}: {', '.join(document.reported['unknown_labels'])}")


def _next(out: Console, document: Document) -> None:
    short = document.plan.short
    title(out, f"Fingerprint {short}")
    steps = wording.after_the_write(document)
    for step in steps:
        paragraph(out, step.sentence)
        if step.command:
            command_line(out, step.command)
    if steps:
        return
    if wording.red_guards(document):
        paragraph(out, "A guard is red, and `apply` will refuse: what to do is said above, before everything else.")
    elif document.is_current:
        out.print(as_typed(f"Rehearse it:  ./kajabi-guard apply --dry-run {short}"), soft_wrap=True)
        out.print(as_typed(f"Write it:     {document.next.command}"), soft_wrap=True)
    else:
        paragraph(out, f"Next: {document.next.sentence}")
        command_line(out, document.next.command)
