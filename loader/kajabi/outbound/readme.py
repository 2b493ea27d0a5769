"""README.txt and by-hand.txt of an export: what is in the folder and what to do with it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from ...common.tables import count, visible
from .import_files import A_DAY, HEADERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH = 78
TITLES = {
    "corrections": "Corrections for Kajabi",
    "new-contacts": "People whom Kajabi does not have",
    "full": "Everything that we know about Kajabi's people",
}
DO_NOT_OPEN = (
    "Do not open these files in a spreadsheet: it would take the zeros away from zip codes and the + from phones."
)
HOW_TO_IMPORT = (
    "It has three people at most, so that little can go wrong. Kajabi shows which of its fields each column goes to: "
    "the name in brackets is the field's own name in Kajabi, and where Kajabi mapped no field, choose it yourself. "
    "Choose no tag, no offer and no email sequence, and subscribe nobody."
)
LOOK = (
    "Look at these people in Kajabi: is the new value there, is everything else as it was, did nobody get an email? "
    "If not, stop here, and import no other file."
)
IMPORT_THE_OTHERS = "Import the other files one by one, in the same way."
REASONS = {
    "opted_out": "opted out of our emails",
    "unknown_consent": "nobody knows whether they want our emails (--include-unknown-consent adds them)",
    "no_email": "have no email there that Kajabi could match",
    "shared_email": "share an email with another contact",
    "held_row": "their export row is quarantined; decide it first",
    "waits": "Kajabi's value is newer and needs review (`./kajabi-guard report`)",
    "incomplete": "ours lacks a part that Kajabi has; complete it here first",
}


def reason_lines(document: Mapping[str, Any]) -> list[str]:
    """Who is not in the files, one line a reason; of what was withheld only in part, the line says so."""
    kept_back = ("waits", "incomplete") if document["kind"] == "full" else ()
    return [
        f"{count(number, 'contact')}{' (only the value in question)' if reason in kept_back else ''}: {REASONS[reason]}"
        for reason, number in document["left_out"].items()
    ]


def readme(document: Mapping[str, Any], made_at: str) -> str:
    """Return README.txt for the document of ``export --json``."""
    rows, files = document["rows"], document["files"]
    steps = [_before_the_import(document)] if document["by_hand"] else []
    steps += [
        DO_NOT_OPEN,
        f"In Kajabi, open Contacts, then Import, and give it {files[0]['file']} alone. {HOW_TO_IMPORT}",
        LOOK,
        IMPORT_THE_OTHERS + (f" Kajabi takes {A_DAY:,} people a day: go on the next day." if rows > A_DAY else ""),
        "Export all contacts in Kajabi as every week and run `./kajabi-guard weekly FILE`."
        + (" The report says which corrections have arrived." if document["kind"] == "corrections" else ""),
        "Delete this folder: it holds personal data.",
    ]
    listed = [
        f"   {file['file']}: {count(file['rows'], 'person', 'people')}\n"
        f"      {', '.join(HEADERS[column].split(' (')[0] for column in file['columns'])}"
        for file in files
    ]
    made = (
        f"Made {made_at} UTC by kajabi-guard from the {document['database']}, with load {document['load_id']} "
        f"({visible(document['file_name'])}). {count(rows, 'person', 'people')} in {count(len(files), 'file')}. "
        "Every person is in one file only, and no cell is blank: what is blank here stays in Kajabi as it is."
    )
    parts = [TITLES[document["kind"]], textwrap.fill(made, WIDTH)]
    parts += ["What to do", "\n".join(_step(number, step) for number, step in enumerate(steps, start=1))]
    parts += ["The files", "\n".join(listed)]
    left_out = [f"   {line}" for line in reason_lines(document)]
    if left_out:
        parts += ["Who is not in them", "\n".join(left_out)]
    return "\n\n".join(parts) + "\n"


def by_hand(cells: Sequence[Mapping[str, Any]]) -> str:
    """Return by-hand.txt: a text and no table, so that nobody imports it."""
    lines = [
        f"{'FIRST  ' if cell['is_first'] else '       '}{visible(cell['email'])}: empty "
        f"{HEADERS[cell['field']].split(' (')[0]} (now: {visible(cell['kajabi_value'])})\n"
        for cell in cells
    ]
    head = "Cells to empty in Kajabi by hand. FIRST: before the import, else half of the old address stays."
    return f"{textwrap.fill(head, WIDTH)}\n\n{''.join(lines)}"


def _before_the_import(document: Mapping[str, Any]) -> str:
    """The step for cells that no file can empty."""
    first = document["by_hand_first"]
    when = f"Empty the {first:,} marked FIRST now, the others when you like." if first else "Empty them when you like."
    return (
        f"by-hand.txt lists {count(document['by_hand'], 'cell')} that only a person can empty in Kajabi: nobody knows "
        f"what a blank cell in a file would do. {when}"
    )


def _step(number: int, text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=f"{number}. ", subsequent_indent="   ", break_on_hyphens=False)
