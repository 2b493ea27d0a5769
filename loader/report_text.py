"""The report as a person reads it in a terminal of 80 columns: the answer first, the next command last."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

WIDTH = 80
LINES_SHOWN = 8
GAP = 3  # between two columns of a table
NARROW = 16  # a date, a number, a fingerprint: never cut while something wider can be
FIELD_NAMES = {
    "first_name": "first name", "last_name": "last name", "phone": "phone", "address_line_1": "address line 1",
    "address_line_2": "address line 2", "city": "city", "state": "state", "postal_code": "postal code",
    "country": "country", "kajabi_id": "Kajabi id", "kajabi_member_id": "Kajabi member id",
}  # fmt: skip


def count(number: int, thing: str, things: str | None = None) -> str:
    """``1 value``, ``112 values``, ``6,555 contacts``."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def visible(value: object) -> str:
    """A value on one line, with control and direction characters shown as U+XXXX: none may rearrange the screen."""
    text = "" if value is None else str(value)
    return "".join(
        character if character.isprintable() or character == " " else f"<U+{ord(character):04X}>" for character in text
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[int] = ()) -> Table:
    """A plain table; ``numbers`` are the positions of columns to align right. Long cells are cut, never wrapped.

    Where it does not fit, the widest columns give way to the others: a cut number would be another number.
    """
    cells = [[visible(f"{cell:,}" if isinstance(cell, int) else cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]
    widths = _fitting(widths, WIDTH - GAP * (len(columns) - 1))
    made = Table(box=box.SIMPLE, show_edge=False, pad_edge=False, show_header=any(columns), expand=False)
    for position, name in enumerate(columns):
        justify: Literal["right", "left"] = "right" if position in numbers else "left"
        made.add_column(name, justify=justify, width=widths[position], no_wrap=True, overflow="ellipsis")
    for row in cells:
        made.add_row(*map(Text, row))
    return made


def _fitting(widths: list[int], room: int) -> list[int]:
    """The widths that a row of ``room`` columns has place for: narrow ones as they are, the others cut alike."""
    for narrow in (NARROW, 0):
        for most in range(room, 0, -1):
            cut = [width if width <= narrow else min(width, most) for width in widths]
            if sum(cut) <= room:
                return cut
    return widths


def table_text(columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[int] = ()) -> str:
    """The same table as plain text of at most 80 columns."""
    out = _console(color=False)
    out.print(table(columns, rows, numbers=numbers))
    return _text_of(out)


def _console(*, color: bool) -> Console:
    return Console(
        file=io.StringIO(), width=WIDTH, force_terminal=color, no_color=not color, highlight=False, markup=False,
        emoji=False, legacy_windows=False,
    )  # fmt: skip


def printed(draw: Callable[[Console], None], *, color: bool = False) -> str:
    """What ``draw`` prints on a sheet of 80 columns, as text; escape sequences only with ``color``."""
    out = _console(color=color)
    draw(out)
    return _text_of(out)


def _text_of(out: Console) -> str:
    assert isinstance(out.file, io.StringIO)  # noqa: S101  # made by _console
    return "\n".join(line.rstrip() for line in out.file.getvalue().split("\n"))


def render(
    document: dict[str, Any], changes: list[dict[str, Any]], arrivals: list[dict[str, Any]], *, color: bool = False
) -> str:
    """Return the report of ``read_report``'s document; ``changes`` and ``arrivals`` are the first rows to write."""
    out = _console(color=color)
    _head(out, document)
    _old_import(out, document)
    _this_import(out, document, changes, arrivals)
    _guards(out, document)
    _waiting(out, document)
    _corrections(out, document)
    _next(out, document)
    return _text_of(out)


def _title(out: Console, text: str) -> None:
    out.print()
    out.print(Text(text, style="bold"))


def _head(out: Console, document: dict[str, Any]) -> None:
    out.print(Text(f"Plan {document['fingerprint'][:8]} for {visible(document['file_name'])}", style="bold"))
    out.print(Text(visible(document["database"])))
    out.print(Text(f"Made under policy version {document['policy_version'][:8]}."))
    unlisted = next((row for row in document["held"] if row["hold_reason"] == "duplicates_not_recorded"), None)
    if unlisted:
        out.print()
        out.print(
            f"Waiting: {count(unlisted['count_rows'], 'newcomer')}. Nobody has said yet which people were merged away "
            "before; they would come in as strangers. Say it once: `./kajabi-guard duplicate --from FILE`, or "
            '`./kajabi-guard duplicate --none --because "..."`.'
        )
    if document["is_partial"]:
        outside = count(document["writes"]["outside_this_plan"], "further contact")
        out.print(f"\nA part plan: {outside} wait for a plan without --only or --first.")


def _old_import(out: Console, document: dict[str, Any]) -> None:
    old = document["old_import"]
    _title(out, "What the old import would have done")
    out.print(
        f"Changed {count(old['values_changed'], 'value')} of {count(old['contacts_changed'], 'contact')}: "
        f"{old['enriched_contacts']:,} with enriched data ({old['enriched_linked_to_paypal']:,} linked to PayPal, "
        f"{old['enriched_linked_to_zoho']:,} to Zoho), {old['corrected_contacts']:,} with corrected data. "
        f"Relabelled {count(old['relabelled_contacts'], 'contact')} of other sources as Kajabi's."
    )
    if old["values_by_field"]:
        listed = ", ".join(f"{FIELD_NAMES[name]} {number:,}" for name, number in old["values_by_field"].items())
        out.print(f"By field: {listed}.")


def _this_import(
    out: Console, document: dict[str, Any], changes: list[dict[str, Any]], arrivals: list[dict[str, Any]]
) -> None:
    values, writes, contacts = document["values"], document["writes"], document["contacts"]
    _title(out, "What this import will do")
    out.print(
        f"The export has {count(contacts['in_export'], 'row')}: {contacts['matched']:,} matched, "
        f"{contacts['new']:,} new, {contacts['held']:,} set aside. The database has "
        f"{count(contacts['in_database'], 'contact')}, {contacts['only_in_database']:,} of them not in the export."
    )
    rows = [(document["rule_labels"][rule], number) for rule, number in document["rules"].items() if number]
    if rows:
        out.print(table(("Kajabi's value differs, and", "values"), rows, numbers=(1,)))
    if not writes["updated_contacts"] and not writes["inserted_contacts"]:
        out.print(
            Text("Nothing to write: no blank to fill, nobody to insert. Every value stays as it is.", style="bold")
        )
        return
    updates = values["update"]
    out.print(
        f"It fills {count(values['fill'], 'blank')} and notes {count(values['link'], 'Kajabi id')} on "
        f"{count(writes['updated_contacts'], 'contact')}, and inserts {count(writes['inserted_contacts'], 'contact')}. "
        + (f"It changes {count(updates, 'value')} that we hold." if updates else "No value that we hold is changed.")
    )
    if changes:
        _title(out, "Everything that will be written (the whole is in planned_changes.csv)")
        listed = [
            (
                row["email"],
                FIELD_NAMES[row["field"]],
                row["present_value"] or "(blank)",
                row["final_value"] or "(blank)",
            )
            for row in changes
        ]
        out.print(table(("who", "field", "from", "to"), listed))
        _more(out, values["fill"] + values["update"] + values["link"] - len(listed))
    if arrivals:
        _title(out, "New contacts (the whole is in new_contacts.csv)")
        names = [(" ".join(filter(None, (row["first_name"], row["last_name"]))), row["email"]) for row in arrivals]
        out.print(table(("name", "email"), names))
        _more(out, writes["inserted_contacts"] - len(names))


def _more(out: Console, number: int) -> None:
    if number > 0:
        out.print(f"... and {number:,} more")


def _guards(out: Console, document: dict[str, Any]) -> None:
    _title(out, "Guards (each must be empty before anything is written)")
    rows = [("ok" if guard["passed"] else "RED", guard["label"], guard["violations"]) for guard in document["guards"]]
    out.print(table(("", "guard", "violations"), rows, numbers=(2,)))


def _waiting(out: Console, document: dict[str, Any]) -> None:
    _title(out, "What waits for a person")
    held = [(row["label"], row["count_rows"]) for row in document["held"]]
    review = [
        (f"kept, please look: {document['rule_labels'][rule]}", number)
        for rule, number in document["review_by_rule"].items()
    ]
    reported = [
        ("in the database, no longer in Kajabi (vanished_contacts.csv)", document["vanished_contacts"]),
        ("another email in Kajabi than here (email_changes.csv)", document["email_changes"]),
    ]
    rows = [*held, *review, *(row for row in reported if row[1])]
    if rows:
        out.print(table(("", "rows"), rows, numbers=(1,)))
        out.print("To decide: fill in to_decide.csv, then  ./kajabi-guard decide --from FILE")
        out.print("Row by row, with what to do: held_rows.csv and skipped_updates.csv.")
    else:
        out.print("Nothing.")
    if document["unknown_labels"]:
        out.print(
            f"Source labels that seeds/source_priorities.csv does not know (they protect): "
            f"{visible(', '.join(document['unknown_labels']))}"
        )


def _corrections(out: Console, document: dict[str, Any]) -> None:
    returned = document["corrections"]
    if returned["sent"]:
        _title(out, "Corrections sent to Kajabi")
        out.print(
            f"Of {count(returned['sent'], 'value')}: {returned['arrived']:,} arrived, {returned['not_yet']:,} not yet, "
            f"{returned['otherwise']:,} otherwise in Kajabi."
        )


def _next(out: Console, document: dict[str, Any]) -> None:
    short = document["fingerprint"][:8]
    _title(out, f"Fingerprint {short}")
    red = [guard["guard"] for guard in document["guards"] if not guard["passed"]]
    if document["applied_as_run"]:
        out.print(f"This plan was applied as run {document['applied_as_run']}. Next week: ./kajabi-guard weekly FILE")
    elif red:
        out.print(
            f"Red: {', '.join(red)}. `apply` will refuse. docs/rules.md says what to do, and which can be overridden."
        )
    else:
        out.print("Rehearse it:  ./kajabi-guard apply --dry-run " + short, soft_wrap=True)
        out.print("Write it:     ./kajabi-guard apply " + short, soft_wrap=True)
