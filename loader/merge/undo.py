"""Undoing one run, cell by cell: only what the contacts still hold of it. One transaction, checked like a merge.

An undo is a run itself and can be undone in turn; that one is called a redo in the ledger. docs/flow.md tells the
order of the steps, docs/decisions/0012 what an undo does not touch.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..common.errors import Usage
from ..database.contacts_table import check_contacts, check_visible
from ..database.statements import statement
from .outcomes import Kept, Undone
from .transaction import Attempt, begin_write, one, require, transact

if TYPE_CHECKING:
    from ..database.connection import Connection, Target


def undo_run(connection: Connection, target: Target, run_id: int, *, dry_run: bool = False) -> Undone:
    """Undo the run, or whatever stands for it: where it was undone and written again, the run that did that.

    A run that is undone already is no error: ``already_undone``. What is not the run's own any more is kept and listed;
    asked again, an undo that left something goes on with what has become the run's own again.

    Raises Usage for a run that is not there or was refused, RefusedByGuard, Busy or Unprepared: nothing is written.
    """
    columns = check_contacts(connection)
    check_visible(connection)
    chain = _chain(connection, run_id)
    undone = _stands(chain)
    attempt = Attempt(
        undone, "redo" if undone["kind"] == "undo" else "undo",
        undoes_run=undone["run_id"], about_run=undone["about_run"], token=uuid4(),
    )  # fmt: skip
    kept: list[Kept] = []

    def work() -> Undone:
        begin_write(connection)
        now = _chain(connection, run_id)
        done = _nothing_to_do(now, undone)
        if done:
            return done
        continued = now[-1]["run_id"] if _is_rest(now) else None
        outcome = _undo(connection, attempt, undone, columns, kept, continued=continued)
        if continued and outcome.status == "nothing":
            return replace(outcome, status="already_undone", undone_by=continued)
        return outcome

    def found(row: dict[str, Any]) -> Undone:
        counts = {name: row[name] for name in row if not name.startswith("enriched_")}
        return Undone("applied", undone["run_id"], kept=tuple(kept), **counts)

    outcome = transact(connection, target, attempt, work, found, dry_run=dry_run)
    return replace(outcome, status="rehearsed", run_id=None) if dry_run and outcome.is_written else outcome


def _chain(connection: Connection, run_id: int) -> list[dict[str, Any]]:
    """Return the run, the run that undid it, the one that undid that ...: the last one stands. Raises Usage."""
    chain = connection.execute(statement("run_to_undo"), {"run_id": run_id}).fetchall()
    if not chain:
        raise Usage(
            f"There is no run {run_id} in this database, so nothing was done. `./kajabi-guard history` lists the runs."
        )
    if chain[0]["status"] == "refused":
        raise Usage(
            f"Run {run_id} was refused and wrote nothing, so there is nothing to undo. "
            "`./kajabi-guard history` lists the runs that wrote something."
        )
    return chain


def _is_rest(chain: list[dict[str, Any]]) -> bool:
    """Whether the run is undone, and the undo left something that it may be able to undo by now."""
    return len(chain) % 2 == 0 and chain[-1]["kind"] == "undo" and chain[-1]["count_left"] > 0


def _stands(chain: list[dict[str, Any]]) -> dict[str, Any]:
    """What is to be undone: the last run of the chain, or the one whose undo left something."""
    return chain[-2] if _is_rest(chain) else chain[-1]


def _nothing_to_do(chain: list[dict[str, Any]], undone: dict[str, Any]) -> Undone | None:
    """What is said instead of an undo, under the lock: somebody may have undone the run while we waited."""
    first, last = chain[0], chain[-1]
    if _is_rest(chain) and chain[-2]["run_id"] == undone["run_id"]:
        return None
    if len(chain) % 2 == 0 or last["run_id"] != undone["run_id"]:
        return Undone("already_undone", first["run_id"], undone_by=last["run_id"])
    if last["kind"] == "undo" and last["plan_stands_as"]:
        return Undone("plan_stands", last["run_id"], undone_by=last["plan_stands_as"])
    return None


def _undo(
    connection: Connection,
    attempt: Attempt,
    undone: dict[str, Any],
    columns: frozenset[str],
    kept: list[Kept],
    *,
    continued: int | None,
) -> Undone:
    """Do all of the undo inside the open transaction; whoever sees an exception from here sees a rollback."""
    connection.execute(statement("lock_contacts"))
    begun = one(connection, "begin_run", {**attempt.record(), "continues_run": continued})
    run = {
        **begun, "undoes_run": undone["run_id"], "step_runs": undone["step_runs"], "kind": attempt.kind
    }  # fmt: skip
    before = one(connection, "count_contacts", {})

    rows = connection.execute(statement("undo_values", columns), run).fetchall()
    kept += [Kept(str(row["contact_id"]), row["email"], row["field"], row["reason"]) for row in rows]
    kept += _whole_contacts(connection, run, undone, columns)
    untouched = one(connection, "untouched_digest", run)
    restored = connection.execute(statement("restore_values", columns), run).rowcount
    connection.execute(statement("fire_deferred_triggers"))

    found = one(connection, "verify_undo", run)
    appeared = one(connection, "count_contacts", {})["contacts"] - before["contacts"]
    is_untouched = untouched == one(connection, "untouched_digest", run)
    _require_as_listed(restored, found, appeared=appeared, is_untouched=is_untouched)
    if not found["expected_updates"] + found["expected_removals"] + found["expected_inserts"]:
        return Undone("nothing", undone["run_id"], kept=tuple(kept))

    unknown = one(connection, "restore_field_sources", run)["count_unknown"] if attempt.kind == "undo" else 0
    if attempt.kind == "redo":
        connection.execute(statement("insert_inserted_contacts"), run)
        connection.execute(statement("insert_field_sources"), run)
    connection.execute(statement("close_undone_conflicts"), run)
    counts = {
        "updated_contacts": found["expected_updates"],
        "inserted_contacts": found["expected_inserts"],
        "removed_contacts": found["expected_removals"],
        "values_written": found["values_written"],
        "links_written": found["links_written"],
    }
    not_taken = {
        "values_left": sum(each.field is not None for each in kept),
        "contacts_left": sum(each.field is None for each in kept),
    }
    connection.execute(statement("mark_undone"), run)
    connection.execute(statement("finish_undo"), {**run, **counts, **not_taken})
    return Undone(
        "applied",
        undone["run_id"],
        run_id=run["run_id"],
        continues_run=continued,
        unknown_sources=unknown,
        kept=tuple(kept),
        **counts,
    )


def _whole_contacts(
    connection: Connection, run: dict[str, Any], undone: dict[str, Any], columns: frozenset[str]
) -> list[Kept]:
    """Remove what the run inserted, or insert again what it removed; returns what is left as it is."""
    if undone["removed_contacts"]:
        rows = connection.execute(statement("insert_contacts_again", columns), run).fetchall()
        return [Kept(str(row["contact_id"]), row["email"], None, row["reason"]) for row in rows]
    if not undone["inserted_contacts"]:
        return []
    rows = connection.execute(statement("remove_inserted_contacts"), run).fetchall()
    removed = [row["contact_id"] for row in rows if row["outcome"] == "removed"]
    connection.execute(statement("insert_removed_contacts"), {**run, "removed": removed})
    return [
        Kept(str(row["contact_id"]), row["email"], None, row["outcome"]) for row in rows if row["outcome"] != "removed"
    ]


def _require_as_listed(restored: int, found: dict[str, Any], *, appeared: int, is_untouched: bool) -> None:
    """Compare what happened with this run's list; raises RefusedByGuard, which rolls everything back."""
    updates, inserts, removals = (found[f"expected_{what}"] for what in ("updates", "inserts", "removals"))
    findings = {
        f"{restored} contacts restored, {updates} expected": restored != updates,
        f"{found['touched_contacts']} rows of contacts touched, {updates + inserts} expected (a trigger?)": (
            found["touched_contacts"] != updates + inserts
        ),
        f"{found['still_there']} contacts of {removals} are still there": found["still_there"] > 0,
        f"{found['inserted_contacts']} contacts inserted again as they were of {inserts}": (
            found["inserted_contacts"] != inserts
        ),
        f"{appeared} contacts more than before, {inserts - removals} expected (a trigger?)": (
            appeared != inserts - removals
        ),
        f"{found['values_not_standing']} restored values do not stand (a trigger?)": found["values_not_standing"] > 0,
        "other columns of the contacts changed (a trigger?)": not is_untouched,
    }
    require(findings, expected="listed")
