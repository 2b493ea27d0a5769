"""The plan as data with named parts: read once from the models, shown as text, as JSON, as a page and as files."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ..database.statements import statement
from ..merge.current_plan import current_plan
from ..merge.guards import read_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ..database.connection import Connection, Target

    Rows = Iterable[Mapping[str, Any]]

WEEKS_SHOWN = 52
Part = TypeVar("Part")


@dataclass(frozen=True)
class Plan:
    """Which plan it is, made from which export, and where."""

    database: str
    is_practice: bool
    load_id: int
    file_name: str
    loaded_at: datetime
    planned_at: datetime
    fingerprint: str
    policy_version: str
    is_partial: bool

    @property
    def short(self) -> str:
        """The fingerprint as people type it."""
        return self.fingerprint[:8]


@dataclass(frozen=True)
class Undone:
    """The run that undid what was written, and what it left because it was no longer the run's own."""

    run_id: int
    finished_at: datetime
    done_by: str
    values_left: int
    contacts_left: int


@dataclass(frozen=True)
class Written:
    """The run that wrote the plan; ``accepted`` are the guards that somebody accepted for it, each with the reason."""

    run_id: int
    finished_at: datetime
    done_by: str
    accepted: Mapping[str, str]
    undone: Undone | None


@dataclass(frozen=True)
class Writes:
    """Whom the plan writes to; a part plan leaves others outside."""

    updated_contacts: int
    inserted_contacts: int
    outside_this_plan: int


@dataclass(frozen=True)
class Contacts:
    """How the contacts and the rows of the export meet; ``held`` rows are quarantined."""

    held: int
    in_database: int
    in_export: int
    matched: int
    new: int
    only_in_database: int


@dataclass(frozen=True)
class Values:
    """What becomes of the values that differ; those that need review are among the kept ones."""

    fill: int
    keep: int
    link: int
    update: int
    needs_review: int

    @property
    def written(self) -> int:
        """How many are written on people who are here already."""
        return self.fill + self.update + self.link


@dataclass(frozen=True)
class Rule:
    """One rule of the seed, what it does, and how many values it decided."""

    rule: str
    label: str
    action: str
    count_values: int
    count_needs_review: int


@dataclass(frozen=True)
class Outcome:
    """What becomes of the differences of one field by one rule."""

    field: str
    outcome: str
    rule: str
    label: str
    count_values: int
    count_needs_review: int


@dataclass(frozen=True)
class OldImportNow:
    """What this plan does with the very values that the old import would have changed."""

    kept: int
    filled: int
    updated: int


@dataclass(frozen=True)
class OldImport:
    """What the old import would have changed."""

    contacts_changed: int
    corrected_contacts: int
    enriched_contacts: int
    enriched_linked_to_paypal: int
    enriched_linked_to_zoho: int
    relabelled_contacts: int
    values_changed: int
    values_by_field: Mapping[str, int]
    now: OldImportNow


@dataclass(frozen=True)
class Enrichment:
    """How much of the contacts came from elsewhere than Kajabi."""

    linked_to_paypal: int
    linked_to_zoho: int
    names_from_paypal: int
    phones_from_others: int
    shipping_addresses: int
    with_phone: int


@dataclass(frozen=True)
class Addresses:
    """How our addresses and Kajabi's compare."""

    match: int
    missing_here: int
    missing_in_kajabi: int
    needs_update: int
    only_in_database: int
    only_in_export: int


@dataclass(frozen=True)
class Corrections:
    """What became of the corrections that were sent to Kajabi."""

    arrived: int
    not_yet: int
    otherwise: int
    sent: int


@dataclass(frozen=True)
class Week:
    """One import that was written: how far we diverged from Kajabi then."""

    run_id: int
    finished_at: str
    file_name: str | None
    differences: int
    kept: int
    needs_review: int
    held: int
    filled: int
    inserted: int


@dataclass(frozen=True)
class PlanBefore:
    """The plan that was made before this one, and how many cells the two do not write alike."""

    fingerprint: str
    load_id: int
    is_partial: bool
    file_name: str | None
    added: int
    gone: int
    changed: int


@dataclass(frozen=True)
class Held:
    """Quarantined rows of the export: for what reason, and what to do."""

    hold_reason: str
    label: str
    remedy: str
    count_rows: int


@dataclass(frozen=True)
class Owner:
    """Whose values met a difference, and how many are kept because of it."""

    owner_label: str
    owner_class: str
    count_values: int


@dataclass(frozen=True)
class Reported:
    """What is only reported, never written; and source labels that the seed does not know."""

    vanished_contacts: int
    email_changes: int
    unknown_labels: tuple[str, ...]


@dataclass(frozen=True)
class Guard:
    """What a guard found; None where it gave no answer."""

    guard: str
    label: str
    is_overridable: bool
    violations: int | None
    passed: bool


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
