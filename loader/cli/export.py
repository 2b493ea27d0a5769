"""The command that makes files for Kajabi's importer: export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..common.console import say, show_json
from ..common.tables import count
from ..database.schema import prepared
from ..kajabi.outbound.export import ROWS_OF, Request
from ..kajabi.outbound.export import export as make_files
from ..kajabi.outbound.import_files import A_DAY, BATCH, require_unused
from ..kajabi.outbound.readme import reason_lines
from .help import EVERY_WEEK, Argument, command
from .options import a_path, as_json, target_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


KINDS = {
    "KIND": "corrections, new-contacts or full.",
    "corrections": "Addresses that are missing in Kajabi or differ there.",
    "new-contacts": "People whom Kajabi does not have.",
    "full": "Everybody with a Kajabi id.",
}


@command(EVERY_WEEK, 5, 'export corrections --out "for Kajabi"')
@click.argument("kind", type=click.Choice(list(ROWS_OF)), metavar="KIND", cls=Argument, words=KINDS)
@click.option("--out", type=a_path, required=True, metavar="DIR", help="The folder to make for the files.")
@click.option("--batch", default=BATCH, show_default=True, type=click.IntRange(1, A_DAY), help="People in one file.")
@click.option("--also", multiple=True, type=click.Choice(["name", "phone"]), help="Correct this as well as addresses.")
@click.option(
    "--include-unknown-consent",
    "includes_unknown",
    is_flag=True,
    help="In new-contacts, include people whose consent to emails is unknown.",
)
@as_json
@click.pass_context
def export(
    context: click.Context,
    kind: str,
    out: Path,
    batch: int,
    also: tuple[str, ...],
    *,
    includes_unknown: bool,
    is_json: bool,
) -> None:
    """Make import files that bring your values to Kajabi.

    Nobody who opted out is in any of them, and no cell is blank.
    """
    request = Request(kind, also, batch, includes_unknown)
    request.check()
    require_unused(out)
    with target_of(context) as target, prepared(target, "export") as connection:
        document = make_files(connection, target, request, out)
    if is_json:
        show_json(document)
        return
    say(target.label)
    say(_as_text(document))


def _as_text(document: Mapping[str, Any]) -> str:
    """What a person reads after ``export``."""
    lines = []
    if document["rows"]:
        lines.append(
            f"{count(document['rows'], 'person', 'people')} in {count(len(document['files']), 'file')}"
            + (f", {count(document['values_sent'], 'value')} new to Kajabi." if document["values_sent"] else ".")
        )
    else:
        lines.append("Nothing to send: no file was written.")
    lines += [f"Not in the files: {line}." for line in reason_lines(document)]
    lines += [
        f"{count(number, f'{unit} differs', f'{unit}s differ')} as well: `--also {unit}` adds them."
        for unit, number in document["not_asked_for"].items()
    ]
    if document["by_hand"] and document["rows"]:
        lines.append(f"{count(document['by_hand'], 'cell')} can only be emptied by hand: by-hand.txt.")
    if document["rows"]:
        first = document["files"][0]["file"]
        lines.append(f"Read README.txt first, then import {first} alone:\n   {document['folder']}")
    return "\n".join(lines)


export_commands = (export,)
