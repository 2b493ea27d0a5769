"""Where the work stands, and the one next step: every command that names one asks here, so none can name another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from ..common.errors import KajabiGuardError
from ..common.shell_quoting import BECAUSE
from ..common.tables import count
from ..database.schema import pending_migrations
from ..database.statements import NOT_THERE, statement
from .guards import read_verdict

if TYPE_CHECKING:
    from ..database.connection import Connection

NO_PLAN, STALE, RED, READY, APPLIED, PART_APPLIED = "none", "stale", "red", "ready", "applied", "part_applied"
PLANS = (NO_PLAN, STALE, RED, READY, APPLIED, PART_APPLIED)


@dataclass(frozen=True)
class Step:
    """What to do next: a sentence for a person, and the command that does it."""

    sentence: str
    command: str


@dataclass(frozen=True)
class Standing:
    """Where the work stands. Each field is what ``next_step`` needs to know, or what is told beside it.

    ``plan`` is one of PLANS: ``stale`` is a plan that does not know the newest export, a decision, or an undo.
    """

    is_connected: bool = True
    has_contacts: bool = True
    is_prepared: bool = True
    has_baseline: bool = False
    has_export: bool = False
    are_merged_contacts_known: bool = False
    plan: str = NO_PLAN
    fingerprint: str = ""
    export: str = ""
    days_since_load: float = 0.0
    count_written: int = 0
    count_waiting: int = 0
    last_run: str = ""

    def as_lines(self) -> list[str]:
        """What ``kajabi-guard`` alone tells, a line for each; the database and the next step are told beside it."""
        days = int(self.days_since_load)
        age = "today" if days == 0 else count(days, "day") + " ago"
        lines = [f"Last export: {self.export}, loaded {age}." if self.has_export else "No export has been loaded yet."]
        lines.append(f"Plan: {self._plan()}")
        if self.count_waiting:
            lines.append(f"Needs review: {count(self.count_waiting, 'line')} (to_decide.csv of the report).")
        lines.append(f"Last run: {self.last_run}" if self.last_run else "No run yet.")
        return lines

    def _plan(self) -> str:
        short, would = self.fingerprint[:8], f"it would write {count(self.count_written, 'contact')}"
        return {
            NO_PLAN: "none yet.",
            STALE: f"{short} is out of date.",
            RED: f"{short}; a guard is red, so it cannot be applied as it is.",
            READY: f"{short} is ready: {would}.",
            APPLIED: f"{short} is applied.",
            PART_APPLIED: f"{short} is applied; it was a part plan.",
        }[self.plan]


def next_step(standing: Standing) -> Step:
    """Return the one next step from here. Every state has exactly one; tests go through all of them."""
    short = standing.fingerprint[:8]
    if not standing.is_connected:
        return Step("connect your database (or try the demo first: `./kajabi-guard demo`):", "./kajabi-guard connect")
    if not standing.has_contacts:
        return Step("see why this database has no contacts table:", "./kajabi-guard doctor")
    if not standing.is_prepared:
        return Step("make the tool's own tables; contacts are not touched:", "./kajabi-guard init")
    if not standing.has_export:
        return _first_export(standing)
    return {
        NO_PLAN: Step("compute what the newest export would change:", "./kajabi-guard plan"),
        STALE: Step("plan again, because the current plan is out of date:", "./kajabi-guard plan"),
        RED: Step("read what the guards found, and how to go on:", "./kajabi-guard report"),
        READY: Step("write the plan, when you have read its report:", f"./kajabi-guard apply {short}"),
        APPLIED: Step("load and plan next week's export:", './kajabi-guard weekly "next week\'s export.csv"'),
        PART_APPLIED: Step("plan the rest; that was a part plan:", "./kajabi-guard plan"),
    }[standing.plan]


def _first_export(standing: Standing) -> Step:
    """The way to the first plan: what was imported before, who was merged away, then this week's export."""
    if not standing.has_baseline and not standing.are_merged_contacts_known:
        return Step(
            "load last week's export as the baseline, if your old script had imported it (if not, leave this out; "
            "`./kajabi-guard duplicate --help` is the step after it):",
            './kajabi-guard load --as-baseline "last week\'s export.csv"',
        )
    if not standing.are_merged_contacts_known:
        return Step(
            "say who was merged into whom before; without that, new contacts wait (nobody ever was? "
            f"`./kajabi-guard duplicate --none {BECAUSE}`):",
            './kajabi-guard duplicate --from "merged people.csv"',
        )
    return Step("load and plan this week's export:", './kajabi-guard weekly "this week\'s export.csv"')


def read_standing(connection: Connection) -> Standing | None:
    """Read where the work stands in this database. Writes nothing, and makes no table that is missing.

    None for a role that may not see it: what comes next is then somebody else's to do.
    """
    described = connection.execute(statement("describe_server")).fetchone() or {}
    if not described.get("has_contacts"):
        return Standing(has_contacts=False)
    if pending_migrations(connection):
        return Standing(is_prepared=False)
    try:
        facts = connection.execute(statement("standing")).fetchone() or {}
    except psycopg.errors.InsufficientPrivilege:
        return None
    plan = _read_plan(connection)
    return Standing(
        has_baseline=facts["has_baseline"],
        has_export=facts["load_id"] is not None,
        are_merged_contacts_known=facts["are_merged_contacts_known"],
        plan=_standing_of(connection, plan, facts),
        fingerprint=plan.get("fingerprint") or "",
        export=facts["file_name"] or "",
        days_since_load=facts["days_since_load"] or 0.0,
        count_written=plan.get("count_updates", 0) + plan.get("count_inserts", 0),
        count_waiting=plan.get("count_values_waiting", 0) + plan.get("count_rows_waiting", 0),
        last_run=_last_run(facts),
    )


def _read_plan(connection: Connection) -> dict[str, Any]:
    try:
        plan = connection.execute(statement("standing_of_plan")).fetchone() or {}
        words = connection.execute(statement("overrides_since_plan")).fetchone() or {}
    except (*NOT_THERE, psycopg.errors.UndefinedColumn, psycopg.errors.InsufficientPrivilege):
        return {}
    return plan and {**plan, **words}


def _standing_of(connection: Connection, plan: dict[str, Any], facts: dict[str, Any]) -> str:
    if not plan:
        return NO_PLAN
    if plan["load_id"] != facts["load_id"] or plan["count_overrides"]:
        return STALE
    if plan["applied_as_run"]:
        return PART_APPLIED if plan["is_partial"] else APPLIED
    if plan["has_newer_undo"]:
        return STALE
    try:
        is_green = all(guard["passed"] for guard in read_verdict(connection))
    except KajabiGuardError:
        return STALE  # the verdict is not complete: another plan is needed
    return READY if is_green else RED


def _last_run(facts: dict[str, Any]) -> str:
    if facts["last_run_id"] is None:
        return ""
    what = "refused" if facts["last_run_status"] == "refused" else facts["last_run_kind"]
    return f"{facts['last_run_id']} ({what}, {facts['last_run_at']:%Y-%m-%d})."
