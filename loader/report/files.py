"""The files of a report: the lists as CSV, the page and the text, readable by their owner only."""

from __future__ import annotations

import csv
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from ..common.paths import REPORTS
from ..common.private_files import close_to_others, private_folder, replacing, replacing_list
from ..common.report_folders import PRACTICE, folder_name
from ..common.spreadsheet import safe_for_spreadsheet
from ..database.statements import statement
from . import html, wording
from .document import read_report
from .screen import LINES_SHOWN, LISTS, render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from ..database.connection import Connection, Target
    from .document import Document, Rows


TO_DECIDE = html.TO_DECIDE
FILES = (
    *("planned_changes", "new_contacts", "to_decide", "held_rows"),
    *("skipped_updates", "vanished_contacts", "email_changes"),
    *("import_impact", "address_evaluation"),
)
FOUND = ("email", "row_number", "field")
ROWS_AT_ONCE = 1000  # that come from the server together


def screen_lists(connection: Connection, document: Document) -> dict[str, Rows]:
    """Return the first rows of every list that the terminal shows, and of what each red guard found."""
    names = (*LISTS, "plan_difference") if document.before else LISTS
    lists = {name: html.first_rows(connection, name, LINES_SHOWN).rows for name in names}
    return {**lists, **html.guard_evidence(connection, document)}


def report_folder(document: Document, reports: Path = REPORTS) -> Path:
    """Where the files of this plan lie; the day is the one on which the export was loaded, where we are."""
    plan = document.plan
    name = folder_name(plan.loaded_at.astimezone().date(), plan.file_name, plan.load_id, plan.fingerprint)
    return (reports / PRACTICE if plan.is_practice else reports) / name


def write_files(connection: Connection, document: Document, text: str, reports: Path = REPORTS) -> Path:
    """Write report.txt, impact.html, a CSV for each of FILES and one of what red guards found; returns the folder.

    They are readable by their owner only. Each is written under a temporary name and renamed: a spreadsheet never
    opens half of one. A ``to_decide.csv`` that somebody has begun is kept under another name (``begun_lists``).
    """
    folder = report_folder(document, reports)
    for made in dict.fromkeys((reports, folder.parent, folder)):
        private_folder(made)
    close_to_others(folder)
    if not document.before:
        (folder / wording.DIFFERENCES).unlink(missing_ok=True)
    lists: dict[str, html.Listed] = {}
    for name in (*FILES, "plan_difference") if document.before else FILES:
        with connection.cursor() as cursor:
            rows = cursor.stream(statement(name), size=ROWS_AT_ONCE)
            first = list(islice(rows, max(html.SHOWN_OF.get(name, 0), 1)))
            if not first:  # a stream of no rows does not say what its columns are
                cursor.execute(statement(name))
            header = [column.name for column in cursor.description or ()]
            cells = ([row[key] for key in header] for row in chain(first, rows))
            total = _write_csv(folder / f"{name}.csv", header, cells)
        lists[name] = html.Listed(first, total, f"{name}.csv")
    found = html.guard_evidence(connection, document, None)
    labels = {guard.guard: guard.failed_label for guard in document.red}
    findings = (
        (name, labels[name], *(row[key] for key in FOUND), wording.details(row))
        for name in found
        for row in found[name]
    )
    _write_csv(folder / wording.FINDINGS, ["guard", "label", *FOUND, "found"], findings)
    _write_told(document, text, html.read_lists(connection, document, lists), folder)
    return folder


def tell_again(connection: Connection, target: Target, reports: Path = REPORTS) -> None:
    """Write the page and the text of the plan that stands again, where its folder is: it was written, or undone.

    The lists stay: what somebody has begun to fill in is not moved by a write.
    """
    document = read_report(connection, target)
    folder = report_folder(document, reports)
    if folder.is_dir():
        text = render(document, screen_lists(connection, document))
        _write_told(document, text, html.read_lists(connection, document), folder)


def _write_told(document: Document, text: str, lists: Mapping[str, Any], folder: Path) -> None:
    page = html.render(document, lists, folder)
    for file_name, content in (("report.txt", text), (html.PAGE, page)):
        with replacing(folder / file_name) as file:
            file.write(content)


def _write_csv(path: Path, header: list[str], rows: Iterable[Sequence[object]]) -> int:
    """Write the rows one by one, so that a list may be longer than the memory; returns how many they were."""
    replace = replacing_list if path.name == TO_DECIDE else replacing
    # the byte order mark tells Excel that this is UTF-8
    with replace(path, "utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        written = 0
        for row in rows:
            writer.writerow([safe_for_spreadsheet(value) for value in row])
            written += 1
    return written
