"""THE write: the only road to ``public.contacts``. One transaction; the guards stand on the road, not beside it.

Every statement is a file in ``sql/apply``. The order of the steps is the safety argument: docs/flow.md tells it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
from psycopg.types.json import Jsonb

from ..common.errors import RefusedByGuard, StalePlan, Usage
from ..database.contacts_table import check_contacts, check_visible
from ..database.statements import statement
from .current_plan import CELLS_NAMED, current_plan
from .guards import Override, ask_file_guards, read_verdict, require_green
from .outcomes import SHORTEST_FINGERPRINT, Run
from .transaction import Attempt, begin_write, one, require, transact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..database.connection import Connection, Target

LARGE_FILE = 50_000
"""Rows of an export from which on the guards of the file are asked in a statement of their own, before the contacts are
locked: they need seconds there. On a small file the further statement would take longer than all of them."""
VERIFIED = ("paypal_first_name", "phone_source", "billing_address_source")
INPUTS = {
    "load_id": "the newest export",
    "load_sha256": "the newest export",
    "load_encoding": "the newest export",
    "baseline_sha256": "the baseline",
    "policy_version": "the policy (seeds and limits)",
    "columns_found": "the columns of contacts",
    "database_identity": "the database",
    "plan_scope": "the restriction of the plan",
    "latest_override": "an override (`decide`)",
    "latest_match_override": "a match override (`decide`)",
    "latest_protection": "a protection (`protect` or `unprotect`)",
}


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
    attempt = Attempt(plan, "apply", token=uuid4())

    def work() -> Run:
        try:
            return _merge(connection, attempt, columns, override)
        except psycopg.errors.UndefinedTable:
            raise RefusedByGuard(
                "A part of the plan is gone (a table or view of the schema kajabi_guard): it is not complete, it "
                "cannot be checked, and nothing was written. Type `./kajabi-guard plan` and read the new plan."
            ) from None

    def found(row: dict[str, Any]) -> Run:
        return Run("applied", plan["fingerprint"], **{name: row[name] for name in row if name != "removed_contacts"})

    run = transact(connection, target, attempt, work, found, dry_run=dry_run)
    return replace(run, status="rehearsed", run_id=None) if dry_run and run.status == "applied" else run


def _already_applied(connection: Connection, fingerprint: str) -> Run | None:
    """The run that applied the plan whose fingerprint begins like this, if exactly one did."""
    applied = connection.execute(statement("applied_run"), {"fingerprint": fingerprint}).fetchall()
    return Run("already_applied", applied[0]["fingerprint"], run_id=applied[0]["run_id"]) if len(applied) == 1 else None


def _merge(connection: Connection, attempt: Attempt, columns: frozenset[str], override: Override) -> Run:
    """Do all of the write inside the open transaction; whoever sees an exception from here sees a rollback."""
    plan = attempt.plan
    begin_write(connection)
    # somebody else may have applied this very plan while we waited
    done = _already_applied(connection, plan["fingerprint"])
    if done:
        return done
    is_large = plan["row_count"] >= LARGE_FILE
    answers = ask_file_guards(connection) if is_large else []
    connection.execute(statement("lock_contacts"))
    run = one(connection, "begin_run", attempt.record())
    connection.execute(statement("copy_plan"), run)
    _require_same_plan(connection, plan, run)
    verdict = read_verdict(connection, answers)
    for red in require_green(verdict, override):
        connection.execute(statement("record_override"), {**run, **red, "because": override.because})

    before = one(connection, "verification_counts", run, columns)
    untouched = one(connection, "unplanned_digest", run)
    merged = connection.execute(statement("merge_contacts", columns), run).rowcount
    connection.execute(statement("fire_deferred_triggers"))
    connection.execute(statement("insert_field_changes"), run)
    connection.execute(statement("insert_inserted_contacts"), run)
    found = one(connection, "verify_merge", run)
    after = one(connection, "verification_counts", run, columns)
    is_untouched = untouched == one(connection, "unplanned_digest", run)
    appeared = after["contacts"] - before["contacts"]
    _require_as_planned(merged, found, touched=after["touched_contacts"], appeared=appeared, is_untouched=is_untouched)

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
        connection.execute(statement("make_baseline"), {"load_id": plan["load_id"], "baseline_how": "applied"})
    told = {"protected_values_changed": protected, "is_partial": plan["is_partial"], **counts}
    return Run("applied", plan["fingerprint"], run_id=run["run_id"], **told)


def _require_same_plan(connection: Connection, plan: Mapping[str, Any], run: dict[str, Any]) -> None:
    """Raise StalePlan, under the lock, unless the plan is the one that was read and the contacts are as it saw them."""
    if one(connection, "recomputed_fingerprint", run)["fingerprint"] != plan["fingerprint"]:
        inputs = dict.fromkeys(INPUTS[row["moved"]] for row in connection.execute(statement("moved_inputs")))
        named = ", ".join(inputs) or "the planned rows themselves"
        raise StalePlan(
            f"What the plan was made from has changed since it was read: {named}. So nothing was written. "
            "Type `./kajabi-guard plan` and read the new plan."
        )
    moved = connection.execute(statement("moved_cells"), run).fetchall()
    if moved:
        named = ", ".join(f"{cell['field']} of contact {cell['contact_id']}" for cell in moved[:CELLS_NAMED])
        more = f" and {len(moved) - CELLS_NAMED} more" if len(moved) > CELLS_NAMED else ""
        raise StalePlan(
            f"Contacts were changed since the plan was made: {named}{more}. Somebody's newer work would be lost, so "
            "nothing was written. Type `./kajabi-guard plan` and read the new plan."
        )


def _require_as_planned(merged: int, found: dict[str, Any], *, touched: int, appeared: int, is_untouched: bool) -> None:
    """Compare what happened with what was planned; raises RefusedByGuard, which rolls everything back."""
    planned = found["planned_updates"] + found["planned_inserts"]
    findings = {
        f"{merged} contacts merged, {planned} planned": merged != planned,
        f"{touched} rows of contacts touched, {planned} planned (a trigger?)": touched != planned,
        f"{found['inserted_contacts']} contacts inserted as planned of {found['planned_inserts']}": (
            found["inserted_contacts"] != found["planned_inserts"]
        ),
        f"{appeared} contacts more than before, {found['planned_inserts']} planned (a trigger?)": (
            appeared != found["planned_inserts"]
        ),
        f"{found['values_not_standing']} written values do not stand (a trigger?)": found["values_not_standing"] > 0,
        "columns outside of the plan changed on planned contacts (a trigger?)": not is_untouched,
    }
    require(findings, expected="planned")
