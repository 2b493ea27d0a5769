"""The plan as data with named parts: read once from the models, shown as text, as JSON, as a page and as files."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ..database.statements import statement
from ..merge.current_plan import current_plan
from ..merge.guards import read_verdict
from .parts import (
    Addresses,
    Contacts,
    Corrections,
    Enrichment,
    Guard,
    Held,
    OldImport,
    OldImportNow,
    Outcome,
    Owner,
    Plan,
    PlanBefore,
    Reported,
    Rule,
    Undone,
    Values,
    Week,
    Writes,
    Written,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..database.connection import Connection, Target

    Rows = Iterable[Mapping[str, Any]]

WEEKS_SHOWN = 52
Part = TypeVar("Part")


@dataclass(frozen=True)
class Document:
    """The report of a plan: every figure of it, and the live verdict of the guards."""

    plan: Plan
    written: Written | None
    writes: Writes
    contacts: Contacts
    values: Values
    rules: tuple[Rule, ...]
    old_import: OldImport
    enrichment: Enrichment
    addresses: Addresses
    outcomes: tuple[Outcome, ...]
    weeks: tuple[Week, ...]
    before: PlanBefore | None
    corrections: Corrections
    held: tuple[Held, ...]
    owners: tuple[Owner, ...]
    reported: Reported
    guards: tuple[Guard, ...]

    @property
    def red(self) -> tuple[Guard, ...]:
        """The guards that did not pass."""
        return tuple(guard for guard in self.guards if not guard.passed)

    @property
    def applied_as_run(self) -> int | None:
        """The run by which the plan stands; None where it was not written, or undone since."""
        return self.written.run_id if self.written and not self.written.undone else None

    def as_json(self) -> dict[str, Any]:
        """The document of ``report --json``. Scripts rely on its keys: a new part is a new key, and none goes."""
        plan, reported = self.plan, self.reported
        values, old_import = asdict(self.values), asdict(self.old_import)
        needs_review, now = values.pop("needs_review"), old_import.pop("now")
        return {
            "database": plan.database,
            "is_practice": plan.is_practice,
            "load_id": plan.load_id,
            "file_name": plan.file_name,
            "fingerprint": plan.fingerprint,
            "policy_version": plan.policy_version,
            "is_partial": plan.is_partial,
            "applied_as_run": self.applied_as_run,
            "writes": asdict(self.writes),
            "contacts": asdict(self.contacts),
            "values": values,
            "needs_review": needs_review,
            "rules": {rule.rule: rule.count_values for rule in self.rules},
            "rule_labels": {rule.rule: rule.label for rule in self.rules},
            "review_by_rule": {rule.rule: rule.count_needs_review for rule in self.rules if rule.count_needs_review},
            "old_import": old_import,
            "enrichment": asdict(self.enrichment),
            "addresses": asdict(self.addresses),
            "outcomes": [asdict(outcome) for outcome in self.outcomes],
            "old_import_now": now,
            "weeks": [asdict(week) for week in self.weeks],
            "plan_before": asdict(self.before) if self.before else None,
            "corrections": asdict(self.corrections),
            "held": [asdict(held) for held in self.held],
            "owners": [asdict(owner) for owner in self.owners],
            "vanished_contacts": reported.vanished_contacts,
            "email_changes": reported.email_changes,
            "unknown_labels": list(reported.unknown_labels),
            "guards": [asdict(guard) for guard in self.guards],
        }


def read_report(connection: Connection, target: Target) -> Document:
    """Return the report of the plan that stands. Nothing is written, and what writes is not imported.

    Raises StalePlan without a plan of the newest load, RefusedByGuard when the verdict is not complete.
    """
    plan = current_plan(connection)
    figures: dict[str, dict[str, int]] = {}
    for row in connection.execute(statement("report_figures")):
        figures.setdefault(row["section"], {})[row["figure"]] = row["figure_value"]
    by_field = connection.execute(statement("report_old_import")).fetchall()
    now = connection.execute(statement("report_old_import_now")).fetchone() or {}
    counts = connection.execute(statement("report_counts")).fetchone() or {}
    facts = ("load_id", "file_name", "loaded_at", "planned_at", "fingerprint", "policy_version", "is_partial")
    return Document(
        plan=Plan(target.label, target.is_practice, **{name: plan[name] for name in facts}),
        written=_written(connection),
        writes=Writes(plan["count_updates"], plan["count_inserts"], plan["count_outside_plan"]),
        contacts=Contacts(**figures["contacts"]),
        values=Values(**figures["values"]),
        rules=_all(Rule, connection.execute(statement("report_rules"))),
        old_import=OldImport(
            **figures["old_import"],
            values_by_field={row["field"]: row["count_values"] for row in by_field},
            now=OldImportNow(**now),
        ),
        enrichment=Enrichment(**figures["enrichment"]),
        addresses=Addresses(**figures["addresses"]),
        outcomes=_all(Outcome, connection.execute(statement("report_outcomes"))),
        weeks=_all(Week, connection.execute(statement("report_weeks"), {"limit": WEEKS_SHOWN})),
        before=_before(connection),
        corrections=Corrections(**figures["corrections"]),
        held=_all(Held, connection.execute(statement("report_held"))),
        owners=_all(Owner, connection.execute(statement("report_owners"))),
        reported=Reported(counts["vanished_contacts"], counts["email_changes"], tuple(counts["unknown_labels"])),
        guards=_all(Guard, read_verdict(connection)),
    )


def _all(part: type[Part], rows: Rows) -> tuple[Part, ...]:
    """Rows whose columns are the names of a part."""
    return tuple(part(**row) for row in rows)


def _written(connection: Connection) -> Written | None:
    row = connection.execute(statement("report_written")).fetchone()
    if row is None:
        return None
    undone = None
    if row["undone_by_run"]:
        left = {name: row[name] for name in ("values_left", "contacts_left")}
        undone = Undone(row["undone_by_run"], row["undone_at"], row["undone_by"], **left)
    return Written(row["run_id"], row["finished_at"], row["done_by"], row["accepted"], undone)


def _before(connection: Connection) -> PlanBefore | None:
    """The plan made before this one, and how many cells differ; None where there was none, or it was the same."""
    relations = connection.execute(statement("plan_relations")).fetchone() or {}
    before = connection.execute(statement("plan_before")).fetchone() if relations["has_previous"] else None
    if before is None:
        return None
    changes = Counter(row["change"] for row in connection.execute(statement("plan_difference")))
    return PlanBefore(**before, added=changes["added"], gone=changes["gone"], changed=changes["changed"])
