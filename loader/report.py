"""The plan as plain data: read once from the models, shown as text, as JSON and as files for a spreadsheet."""

from __future__ import annotations

import csv
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from loader import report_html, report_words
from loader.database import PROJECT
from loader.guards import read_verdict
from loader.merge import current_plan
from loader.private_files import private_folder, replacing, replacing_list, take_back_rights
from loader.report_screen import LINES_SHOWN, LISTS
from loader.statements import statement

if TYPE_CHECKING:
    from pathlib import Path

    from loader.database import Connection, Target

REPORTS = PROJECT / "reports"
TO_DECIDE = report_html.TO_DECIDE
# a spreadsheet would run what follows these signs, their full-width forms included; apostrophes that stand before
# one are a person's own, and get one more, so that taking one away gives the value again
FORMULA = re.compile("^'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
WEEKS_SHOWN = 52
FILES = (
    *("planned_changes", "new_contacts", "to_decide", "held_rows"),
    *("skipped_updates", "vanished_contacts", "email_changes"),
    *("import_impact", "address_evaluation"),
)
FOUND = ("email", "row_number", "field")


def read_report(connection: Connection, target: Target) -> dict[str, Any]:
    """Return the document of ``plan --json``: every figure of the plan that stands, and the live verdict.

    Raises StalePlan without a plan of the newest load, RefusedByGuard when the verdict is not complete.
    """
    plan = current_plan(connection)
    figures: dict[str, dict[str, int]] = {}
    for row in connection.execute(statement("report_figures")):
        figures.setdefault(row["section"], {})[row["figure"]] = row["figure_value"]
    rules = connection.execute(statement("report_rules")).fetchall()
    by_field = connection.execute(statement("report_old_import")).fetchall()
    counts = connection.execute(statement("report_counts")).fetchone() or {}
    needs_review = figures["values"].pop("needs_review")
    return {
        "database": target.label,
        "is_practice": target.is_practice,
        "load_id": plan["load_id"],
        "file_name": plan["file_name"],
        "fingerprint": plan["fingerprint"],
        "policy_version": plan["policy_version"],
        "is_partial": plan["is_partial"],
        "applied_as_run": plan["applied_as_run"],
        "writes": {
            "updated_contacts": plan["count_updates"],
            "inserted_contacts": plan["count_inserts"],
            "outside_this_plan": plan["count_outside_plan"],
        },
        "contacts": figures["contacts"],
        "values": figures["values"],
        "needs_review": needs_review,
        "rules": {row["rule"]: row["count_values"] for row in rules},
        "rule_labels": {row["rule"]: row["label"] for row in rules},
        "review_by_rule": {row["rule"]: row["count_needs_review"] for row in rules if row["count_needs_review"]},
        "old_import": {
            **figures["old_import"],
            "values_by_field": {row["field"]: row["count_values"] for row in by_field},
        },
        "enrichment": figures["enrichment"],
        "addresses": figures["addresses"],
        "outcomes": connection.execute(statement("report_outcomes")).fetchall(),
        "old_import_now": connection.execute(statement("report_old_import_now")).fetchone(),
        "weeks": connection.execute(statement("report_weeks"), {"limit": WEEKS_SHOWN}).fetchall(),
        "plan_before": _plan_before(connection),
        "corrections": figures["corrections"],
        "held": connection.execute(statement("report_held")).fetchall(),
        "owners": connection.execute(statement("report_owners")).fetchall(),
        **counts,
        "guards": read_verdict(connection),
    }


def _plan_before(connection: Connection) -> dict[str, Any] | None:
    """The plan made before this one, and how many cells differ; None where there was none, or it was the same."""
    relations = connection.execute(statement("plan_relations")).fetchone() or {}
    before = connection.execute(statement("plan_before")).fetchone() if relations["has_previous"] else None
    if before is None:
        return None
    changes = Counter(row["change"] for row in connection.execute(statement("plan_difference")))
    return {**before, **{change: changes[change] for change in ("added", "gone", "changed")}}


def screen_lists(connection: Connection, document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the first rows of every list that the terminal shows, and of what each red guard found."""
    lists = {name: first_rows(connection, name, LINES_SHOWN) for name in LISTS}
    if document["plan_before"]:
        lists["plan_difference"] = first_rows(connection, "plan_difference", LINES_SHOWN)
    return {**lists, **report_html.guard_evidence(connection, document)}


def first_rows(connection: Connection, name: str, count: int) -> list[dict[str, Any]]:
    """Return the first ``count`` rows of one of FILES, as the terminal shows them."""
    with connection.cursor() as cursor:
        cursor.execute(statement(name))
        return cursor.fetchmany(count)


def safe_for_spreadsheet(value: object) -> str:
    """A cell that no spreadsheet runs as a formula; blank for None, yes and no for booleans."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if FORMULA.match(text) else text


def as_before_spreadsheet(cell: str | None) -> str | None:
    """The value that ``safe_for_spreadsheet`` was given: a list that is filled in comes back with its apostrophes."""
    return cell[1:] if cell and cell[0] == "'" and FORMULA.match(cell[1:]) else cell


def report_folder(document: dict[str, Any], reports: Path = REPORTS) -> Path:
    """Where the files of this plan lie."""
    return reports / f"load {document['load_id']} plan {document['fingerprint'][:8]}"


def write_files(connection: Connection, document: dict[str, Any], text: str, reports: Path = REPORTS) -> Path:
    """Write report.txt, impact.html, a CSV for each of FILES and one of what red guards found; returns the folder.

    They are readable by their owner only. Each is written under a temporary name and renamed: a spreadsheet never
    opens half of one. A ``to_decide.csv`` that somebody has begun is kept under another name (``begun_lists``).
    """
    folder = report_folder(document, reports)
    for made in (reports, folder):
        private_folder(made)
    take_back_rights(folder)
    differences = report_words.DIFFERENCES.removesuffix(".csv")
    if not document["plan_before"]:
        (folder / report_words.DIFFERENCES).unlink(missing_ok=True)
    for name in (*FILES, *([differences] if document["plan_before"] else [])):
        with connection.cursor() as cursor:
            cursor.execute(statement(name))
            header = [column.name for column in cursor.description or ()]
            _write_csv(folder / f"{name}.csv", header, ([row[key] for key in header] for row in cursor))
    found = report_html.guard_evidence(connection, document, None)
    labels = {guard["guard"]: guard["label"] for guard in document["guards"]}
    rows = (
        (name, labels[name], *(row[key] for key in FOUND), report_words.details(row))
        for name in found
        for row in found[name]
    )
    _write_csv(folder / report_words.FINDINGS, ["guard", "label", *FOUND, "found"], rows)
    for file_name, content in (
        ("report.txt", text),
        (report_html.PAGE, report_html.page(connection, document, folder)),
    ):
        with replacing(folder / file_name) as file:
            file.write(content)
    return folder


def _write_csv(path: Path, header: list[str], rows: Any) -> None:
    replace = replacing_list if path.name == TO_DECIDE else replacing
    # the byte order mark tells Excel that this is UTF-8
    with replace(path, "utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([safe_for_spreadsheet(value) for value in row] for row in rows)
