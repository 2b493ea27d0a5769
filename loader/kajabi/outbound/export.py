"""Make files for Kajabi from the plan that stands, and note in the ledger what was sent. Who is in them is SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ...common.errors import RefusedByGuard, StalePlan, Usage
from ...common.fields import ADDRESS_FIELDS
from ...database.contacts_table import check_contacts, check_visible
from ...database.locks import person, take_run_lock
from ...database.statements import NOT_THERE, statement
from ...merge.current_plan import CELLS_NAMED, current_plan
from ...merge.guards import expected_guards
from .import_files import BATCH, arrange, new_folder
from .readme import by_hand, readme

if TYPE_CHECKING:
    from pathlib import Path

    from ...database.connection import Connection, Target
    from .import_files import KajabiFile

ROWS_OF = {"corrections": "export_corrections", "new-contacts": "export_new_contacts", "full": "export_full"}
FIELDS_OF = {
    "address": ADDRESS_FIELDS,
    "name": ("first_name", "last_name"),
    "phone": ("phone",),
}


@dataclass(frozen=True)
class Request:
    """What a person asked for. ``also``: units besides the address, for corrections only."""

    kind: str
    also: tuple[str, ...] = ()
    batch: int = BATCH
    includes_unknown: bool = False

    @property
    def units(self) -> list[str]:
        """The units that the files may hold."""
        return ["address", *sorted(set(self.also))] if self.kind == "corrections" else list(FIELDS_OF)

    def check(self) -> None:
        """Raise Usage for an option that belongs to another kind of file."""
        if self.also and self.kind != "corrections":
            raise Usage(f"--also is for corrections: the files of {self.kind} have every value. Nothing was written.")
        if self.includes_unknown and self.kind != "new-contacts":
            raise Usage(
                f"--include-unknown-consent is for new-contacts: those in {self.kind} are in Kajabi already. "
                "Nothing was written."
            )


def export(connection: Connection, target: Target, request: Request, folder: Path) -> dict[str, Any]:
    """Write the files into ``folder`` and return the document of ``export --json``; no rows, no folder.

    Everything is of one moment: plan, consent and contacts. What was sent as a correction is in the ledger when this
    returns, and only then. Raises Usage for a folder that is in use, StalePlan where the plan is not of the newest
    load or what would be sent has moved since, RefusedByGuard where Kajabi's file looks damaged, Busy during a plan.
    """
    request.check()
    with new_folder(folder) as place, connection.transaction():
        connection.execute(statement("begin_export"))
        take_run_lock(connection)
        check_contacts(connection)
        check_visible(connection)
        try:
            document, files, cells = _read(connection, target, request)
        except NOT_THERE:
            raise StalePlan(
                "A part of the plan is missing (a table or view of the schema kajabi_guard), so nothing was written. "
                "Type `./kajabi-guard plan` and read it."
            ) from None
        if not files:
            return {**document, "folder": None, "export_id": None}
        for file in files:
            file.write(place)
        if cells:
            with place("by-hand.txt") as text:
                text.write(by_hand(cells))
        with place("README.txt") as text:
            text.write(readme(document, f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M}"))
        return {**document, "folder": str(folder), **_record(connection, request, document, files, folder)}


def _read(
    connection: Connection, target: Target, request: Request
) -> tuple[dict[str, Any], list[KajabiFile], list[dict[str, Any]]]:
    plan = current_plan(connection)
    parameters = {"kind": request.kind, "units": request.units, "includes_unknown": request.includes_unknown}
    _require_trusted(connection, plan)
    _require_sound(connection)
    rows = connection.execute(statement(ROWS_OF[request.kind]), parameters).fetchall()
    _require_unmoved(connection, request, rows)
    files = arrange(rows, request.kind, request.batch)
    cells = connection.execute(statement("export_by_hand")).fetchall() if request.kind == "corrections" else []
    counts: dict[str, dict[str, int]] = {"left_out": {}, "not_asked_for": {}}
    for row in connection.execute(statement("export_left_out"), parameters):
        counts[row["section"]][row["reason"]] = row["count_contacts"]
    document = {
        "database": target.label,
        "kind": request.kind,
        "load_id": plan["load_id"],
        "file_name": plan["file_name"],
        "rows": len(rows),
        "files": [{"file": file.name, "rows": len(file.rows), "columns": list(file.columns)} for file in files],
        **counts,
        "by_hand": len(cells),
        "by_hand_first": sum(cell["is_first"] for cell in cells),
    }
    return document, files, cells


def _require_trusted(connection: Connection, plan: dict[str, Any]) -> None:
    """Raise RefusedByGuard where Kajabi's file looks damaged, StalePlan where people decided something since."""
    red = connection.execute(statement("red_for_export"), plan).fetchall()
    if red:
        named = "; ".join(
            f"{row['guard']} ({expected_guards()[row['guard']]['failed_label']}): {row['violations']} found"
            for row in red
        )
        raise RefusedByGuard(
            f"Kajabi's export looks damaged: {named}. One person's values could be sent under another one's email, so "
            "nothing was written. Export again from Kajabi; or, if it is right all the same, apply it first with "
            "--accept (docs/runbook.md)."
        )
    since = connection.execute(statement("overrides_since_plan")).fetchone() or {}
    # who opted out since is in no file all the same: the files ask the ledger themselves
    count_overrides = since["count_overrides"] - since["count_opt_outs"]
    if count_overrides:
        raise StalePlan(
            f"Stewards have recorded something since the plan was made ({count_overrides}: overrides, protections or "
            "merged contacts). The files could hold what somebody has just given up, so nothing was written. Type "
            "`./kajabi-guard plan`, then this again."
        )


def _require_sound(connection: Connection) -> None:
    """Raise RefusedByGuard where a file would hold what it must not, or lack somebody who belongs into it."""
    faults = connection.execute(statement("file_faults")).fetchall()
    if faults:
        named = "; ".join(f"{row['fault']}: {row['count_faults']} ({row['kind'] or 'all files'})" for row in faults)
        raise RefusedByGuard(
            f"The files would not be right: {named}. Nothing was written. Type `./kajabi-guard plan`, then this again; "
            "if it says the same, the rules for the files are at fault: show this to whoever looks after kajabi-guard."
        )


def _require_unmoved(connection: Connection, request: Request, rows: list[dict[str, Any]]) -> None:
    """Raise StalePlan where a contact in the files is not as the plan saw it any more, in what the files say."""
    fields = ["email", *(field for unit in request.units for field in FIELDS_OF[unit])]
    parameters = {"contact_ids": [row["contact_id"] for row in rows], "fields": fields}
    moved = connection.execute(statement("moved_for_export"), parameters).fetchall()
    if moved:
        named = ", ".join(f"{cell['field']} of contact {cell['contact_id']}" for cell in moved[:CELLS_NAMED])
        more = f" and {len(moved) - CELLS_NAMED} more" if len(moved) > CELLS_NAMED else ""
        raise StalePlan(
            f"Contacts were changed since the plan was made: {named}{more}. Kajabi would get what is old here already, "
            "so nothing was written. Type `./kajabi-guard plan`, then this again."
        )


def _record(
    connection: Connection, request: Request, document: dict[str, Any], files: list[KajabiFile], folder: Path
) -> dict[str, Any]:
    """Note the export and, for corrections, every cell of it that is new to Kajabi."""
    made = {
        **document,
        "folder": folder.name,
        "count_rows": document["rows"],
        "count_files": len(files),
        "made_by": person(),
    }
    row = connection.execute(statement("record_export"), made).fetchone()
    export_id = row["export_id"] if row else None
    if request.kind != "corrections":
        return {"export_id": export_id, "values_sent": None}
    ids = [row["contact_id"] for file in files for row in file.rows]
    sent = {"export_id": export_id, "made_by": person(), "units": request.units, "contact_ids": ids}
    recorded = connection.execute(statement("record_corrections_sent"), sent)
    return {"export_id": export_id, "values_sent": recorded.rowcount}


def exports_made(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Return the exports, newest first, each with ``corrections``: what became of the values that it sent last.

    The figures are of the plan that stands; without one, or for another kind of file, they are empty.
    """
    try:
        outcomes = {row.pop("export_id"): row for row in connection.execute(statement("correction_outcomes"))}
    except NOT_THERE:
        outcomes = {}
    made = connection.execute(statement("exports_made"), {"limit": limit}).fetchall()
    return [{**row, "corrections": outcomes.get(row["export_id"], {})} for row in made]
