"""THE write: the only road to ``public.contacts``. One transaction; the guards stand on the road, not beside it.

Every statement is a file in ``loader/sql``. The order of the steps is the safety argument: docs/flow.md tells it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from loader.database import connect, explain
from loader.errors import KajabiGuardError, RefusedByGuard, StalePlan, Unprepared, Usage
from loader.guards import Override, read_verdict, require_green
from loader.prepare import check_contacts, check_visible, person, take_run_lock
from loader.runs import SHORTEST_FINGERPRINT, Run
from loader.statements import statement

if TYPE_CHECKING:
    from loader.database import Connection, Target

VERIFIED = ("paypal_first_name", "phone_source", "billing_address_source")
CELLS_NAMED = 5


def current_plan(connection: Connection) -> dict[str, Any]:
    """Return the plan that was made last. Raises StalePlan where there is none, or it is not of the newest load."""
    try:
        plan = connection.execute(statement("current_plan")).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        plan = None
    if plan is None:
        raise StalePlan(
            "There is no plan in this database, so there is nothing to show or apply. Load an export and plan it: "
            "`./kajabi-guard weekly FILE`."
        )
    if plan["load_id"] != plan["newest_load_id"]:
        raise StalePlan(
            f"The plan was made from load {plan['load_id']}, but {plan['file_name']} (load {plan['newest_load_id']}) "
            "was loaded since. What it would write was read from an older export, so nothing was done. "
            "Type `./kajabi-guard plan` and read the new plan."
        )
    return plan


def apply_plan(
    connection: Connection,
    target: Target,
    fingerprint: str,
    *,
    dry_run: bool = False,
    override: Override | None = None,
) -> Run:
    """Apply the plan whose fingerprint begins with ``fingerprint`` (at least 8 characters).

    ``override`` names red guards that a person accepts, with the reason; it is kept in the ledger.

    Raises Usage, StalePlan, RefusedByGuard, Busy or Unprepared; nothing is written then, and the refusal of a
    plan is noted in the ledger. A plan that was applied already is no error: ``already_applied``.
    """
    override = override or Override()
    override.check()
    if len(fingerprint) < SHORTEST_FINGERPRINT:
        raise Usage(
            f"A fingerprint has at least {SHORTEST_FINGERPRINT} characters: no other plan may be meant by accident. "
            "Copy it from the last lines of `./kajabi-guard report`."
        )
    done = _already_applied(connection, fingerprint)
    if done:
        return done
    columns = check_contacts(connection)
    check_visible(connection)
    plan = current_plan(connection)
    if not plan["fingerprint"].startswith(fingerprint):
        raise StalePlan(
            f"The plan that is here now has the fingerprint {plan['fingerprint'][:8]}, not {fingerprint[:8]}: "
            "it is not the one that you read, so nothing was written. "
            "Type `./kajabi-guard report` and read what would be written."
        )
    token = uuid4()
    try:
        with connection.transaction(force_rollback=dry_run):
            run = _merge(connection, plan, columns, token, override)
    except (RefusedByGuard, StalePlan, psycopg.Error) as error:
        if connection.closed or connection.broken:
            return _ask_ledger(target, plan, token)
        failure = _failure(error)
        if not dry_run:
            # what keeps us from noting the refusal must not hide it: a database that may only be read, say
            with suppress(psycopg.Error):
                _record_refusal(connection, plan, failure)
        raise failure from None
    return replace(run, status="rehearsed", run_id=None) if dry_run and run.status == "applied" else run


def _failure(error: RefusedByGuard | StalePlan | psycopg.Error) -> KajabiGuardError:
    """What a person is told of an error inside the write, which has been rolled back."""
    if isinstance(error, psycopg.errors.UndefinedTable):
        return RefusedByGuard(
            "A part of the plan is gone (a table or view of the schema kajabi_guard): it is not complete, it cannot be "
            "checked, and nothing was written. Type `./kajabi-guard plan` and read the new plan."
        )
    return Unprepared(explain(error)) if isinstance(error, psycopg.Error) else error


def _already_applied(connection: Connection, fingerprint: str) -> Run | None:
    """The run that applied the plan whose fingerprint begins like this, if exactly one did."""
    applied = connection.execute(statement("applied_run"), {"fingerprint": fingerprint}).fetchall()
    return Run("already_applied", applied[0]["fingerprint"], run_id=applied[0]["run_id"]) if len(applied) == 1 else None


def _merge(
    connection: Connection, plan: dict[str, Any], columns: frozenset[str], token: UUID, override: Override
) -> Run:
    """Do all of the write inside the open transaction; whoever sees an exception from here sees a rollback."""
    _run_script(connection, "begin_merge")
    take_run_lock(connection)
    # somebody else may have applied this very plan while we waited
    done = _already_applied(connection, plan["fingerprint"])
    if done:
        return done
    connection.execute(statement("lock_contacts"))
    begun = connection.execute(statement("begin_run"), {**plan, "run_token": token, "done_by": person()}).fetchone()
    run = {"run_id": begun["run_id"] if begun else None}
    connection.execute(statement("copy_plan"), run)
    _require_same_plan(connection, plan, run)
    verdict = read_verdict(connection)
    for red in require_green(verdict, override):
        connection.execute(statement("record_override"), {**run, **red, "because": override.because})

    before = _one(connection, "verification_counts", run, columns)
    untouched = _one(connection, "unplanned_digest", run)
    merged = connection.execute(statement("merge_contacts", columns), run).rowcount
    connection.execute(statement("fire_deferred_triggers"))
    connection.execute(statement("insert_field_changes"), run)
    found = _one(connection, "verify_merge", run)
    after = _one(connection, "verification_counts", run, columns)
    is_untouched = untouched == _one(connection, "unplanned_digest", run)
    appeared = after["contacts"] - before["contacts"]
    _require_as_planned(merged, found, appeared=appeared, is_untouched=is_untouched)

    connection.execute(statement("insert_field_sources"), run)
    counts = {
        "updated_contacts": found["planned_updates"],
        "inserted_contacts": found["planned_inserts"],
        "values_written": found["values_written"],
        "links_written": found["links_written"],
        "enriched_before": {name: before.get(name, 0) for name in VERIFIED},
        "enriched_after": {name: after.get(name, 0) for name in VERIFIED},
    }
    protected = sum(row["violations"] for row in verdict if row["guard"] == "guard_protected_values")
    as_jsonb = {name: Jsonb(value) if isinstance(value, dict) else value for name, value in counts.items()}
    connection.execute(statement("finish_run"), {**run, **as_jsonb})
    if not plan["is_partial"]:
        connection.execute(statement("note_merged_ids"))
        connection.execute(statement("close_conflicts"))
        connection.execute(statement("open_conflicts"), run)
        connection.execute(statement("make_base"), {"load_id": plan["load_id"], "base_how": "applied"})
    told = {"protected_values_changed": protected, "is_partial": plan["is_partial"], **counts}
    return Run("applied", plan["fingerprint"], run_id=run["run_id"], **told)


def _require_same_plan(connection: Connection, plan: dict[str, Any], run: dict[str, Any]) -> None:
    """Raise StalePlan, under the lock, unless the plan is the one that was read and the contacts are as it saw them."""
    if _one(connection, "recomputed_fingerprint", run)["fingerprint"] != plan["fingerprint"]:
        raise StalePlan(
            "Something that the plan was made from has changed since it was read (the load, the policy, the columns of "
            "contacts, or the plan itself), so nothing was written. Type `./kajabi-guard plan` and read the new plan."
        )
    moved = connection.execute(statement("moved_cells"), run).fetchall()
    if moved:
        named = ", ".join(f"{cell['field']} of contact {cell['contact_id']}" for cell in moved[:CELLS_NAMED])
        more = f" and {len(moved) - CELLS_NAMED} more" if len(moved) > CELLS_NAMED else ""
        raise StalePlan(
            f"Contacts were changed since the plan was made: {named}{more}. Somebody's newer work would be lost, so "
            "nothing was written. Type `./kajabi-guard plan` and read the new plan."
        )


def _require_as_planned(merged: int, found: dict[str, Any], *, appeared: int, is_untouched: bool) -> None:
    """Compare what happened with what was planned; raises RefusedByGuard, which rolls everything back."""
    planned = found["planned_updates"] + found["planned_inserts"]
    findings = {
        f"{merged} contacts merged, {planned} planned": merged != planned,
        f"{found['touched_contacts']} rows of contacts touched, {planned} planned (a trigger?)": (
            found["touched_contacts"] != planned
        ),
        f"{found['inserted_contacts']} contacts inserted as planned of {found['planned_inserts']}": (
            found["inserted_contacts"] != found["planned_inserts"]
        ),
        f"{appeared} contacts more than before, {found['planned_inserts']} planned (a trigger?)": (
            appeared != found["planned_inserts"]
        ),
        f"{found['values_not_standing']} written values do not stand (a trigger?)": found["values_not_standing"] > 0,
        "columns outside of the plan changed on planned contacts (a trigger?)": not is_untouched,
    }
    wrong = [finding for finding, is_wrong in findings.items() if is_wrong]
    if wrong:
        raise RefusedByGuard(
            f"The write did not do exactly what was planned, so all of it was taken back: {'; '.join(wrong)}. "
            "Look at the triggers of public.contacts (`./kajabi-guard doctor`), then plan again."
        )


def _one(
    connection: Connection, name: str, run: dict[str, Any], columns: frozenset[str] | None = None
) -> dict[str, Any]:
    row = connection.execute(statement(name, columns), run).fetchone()
    return row or {}


def _run_script(connection: Connection, name: str) -> None:
    """Run a file of several statements; without parameters they go to the server in one message."""
    connection.execute(statement(name))


def _record_refusal(connection: Connection, plan: dict[str, Any], refusal: KajabiGuardError) -> None:
    """Note a refusal in a small transaction of its own: the write's transaction is gone."""
    with connection.transaction():
        connection.execute(
            statement("record_refusal"),
            {**plan, "run_token": uuid4(), "refusal": str(refusal), "done_by": person()},
        )


def _ask_ledger(target: Target, plan: dict[str, Any], token: UUID) -> Run:
    """Ask the ledger whether a commit whose reply was lost took place."""
    try:
        with connect(target) as fresh, fresh.transaction():
            fresh.execute(statement("loader_timeouts"))
            fresh.execute(statement("await_run_lock"))
            row = fresh.execute(statement("run_by_token"), {"run_token": token}).fetchone()
    except (KajabiGuardError, psycopg.Error):
        raise KajabiGuardError(
            "The connection broke during the write, and the database cannot be asked whether it was committed: "
            "all of it was, or nothing. Once it can be reached again, `./kajabi-guard history` says which."
        ) from None
    if row:
        return Run("applied", plan["fingerprint"], **row)
    raise KajabiGuardError(
        "The connection broke during the write. The ledger has no such run: everything was rolled back and nothing was "
        "written. Check the connection and type the command again."
    )
