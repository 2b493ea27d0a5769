"""The plan as data with named parts: read once from the models, shown as text, as JSON, as a page and as files.

A section of figures is a mapping, and what one statement gives stays its rows, with the names of the statement. What
has more to say than its figures has a class here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..database.statements import statement
from ..merge.current_plan import current_plan
from ..merge.guards import read_verdict
from ..merge.standing import STALE, Standing, Step, next_step, read_standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ..database.connection import Connection, Target

    Row = Mapping[str, Any]
    Rows = Sequence[Row]
    Figures = Mapping[str, int]

WEEKS_SHOWN = 52


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
class Guard:
    """What a guard found; None where it gave no answer."""

    guard: str
    label: str
    failed_label: str
    is_overridable: bool
    violations: int | None
    passed: bool

    @property
    def told(self) -> str:
        """What people read: the sentence of health where it is green, what is wrong where it is red."""
        return self.label if self.passed else self.failed_label


@dataclass(frozen=True)
class Document:
    """The report of a plan: every figure of it, and the live verdict of the guards."""

    plan: Plan
    written: Written | None
    writes: Figures
    """Whom the plan writes to; a part plan leaves others outside."""
    contacts: Figures
    """How the contacts and the rows of the export meet; ``held`` rows are quarantined."""
    values: Figures
    """What becomes of the values that differ; those that need review are among the kept ones."""
    rules: Rows
    """Every rule of the seed, what it does, and how many values it decided."""
    old_import: Row
    """What the old import would have changed; ``now`` is what this plan does with these very values."""
    enrichment: Figures
    """How much of the contacts came from elsewhere than Kajabi."""
    addresses: Figures
    """How our addresses and Kajabi's compare."""
    outcomes: Rows
    """What becomes of the differences of one field by one rule."""
    weeks: Rows
    """The imports that were written, oldest first: how far we diverged from Kajabi then."""
    before: Row | None
    """The plan that was made before this one, and how many cells the two do not write alike."""
    corrections: Figures
    """What became of the corrections that were sent to Kajabi."""
    held: Rows
    """Quarantined rows of the export: how many for what reason, and what to do."""
    owners: Rows
    """Whose values met a difference, and how many are kept because of it."""
    reported: Row
    """What is only reported, never written; and source labels that the seed does not know."""
    guards: tuple[Guard, ...]
    standing: Standing
    """Where the work stood when this was read; not part of the JSON document."""

    @property
    def red(self) -> tuple[Guard, ...]:
        """The guards that did not pass."""
        return tuple(guard for guard in self.guards if not guard.passed)

    @property
    def applied_as_run(self) -> int | None:
        """The run by which the plan stands; None where it was not written, or undone since."""
        return self.written.run_id if self.written and not self.written.undone else None

    @property
    def count_changed(self) -> int:
        """How many values are written on people who are here already."""
        return sum(self.values[name] for name in ("fill", "update", "link"))

    @property
    def is_current(self) -> bool:
        """Whether the plan knows everything that was decided and undone here; else `apply` would refuse it."""
        return self.standing.plan != STALE

    @property
    def next(self) -> Step:
        """The one next step from here."""
        return next_step(self.standing)

    def as_json(self) -> dict[str, Any]:
        """The document of ``report --json``. Scripts rely on its keys: a new part is a new key, and none goes."""
        plan, values, old_import = asdict(self.plan), dict(self.values), dict(self.old_import)
        needs_review, now = values.pop("needs_review"), old_import.pop("now")
        return {
            **{name: told for name, told in plan.items() if name not in {"loaded_at", "planned_at"}},
            "applied_as_run": self.applied_as_run,
            "writes": self.writes,
            "contacts": self.contacts,
            "values": values,
            "needs_review": needs_review,
            "rules": {rule["rule"]: rule["count_values"] for rule in self.rules},
            "rule_labels": {rule["rule"]: rule["label"] for rule in self.rules},
            "review_by_rule": {
                rule["rule"]: rule["count_needs_review"] for rule in self.rules if rule["count_needs_review"]
            },
            "old_import": old_import,
            "enrichment": self.enrichment,
            "addresses": self.addresses,
            "outcomes": self.outcomes,
            "old_import_now": now,
            "weeks": self.weeks,
            "plan_before": self.before,
            "corrections": self.corrections,
            "held": self.held,
            "owners": self.owners,
            **self.reported,
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
    facts = ("load_id", "file_name", "loaded_at", "planned_at", "fingerprint", "policy_version", "is_partial")
    return Document(
        plan=Plan(target.label, target.is_practice, **{name: plan[name] for name in facts}),
        written=_written(connection),
        writes={
            "updated_contacts": plan["count_updates"],
            "inserted_contacts": plan["count_inserts"],
            "outside_this_plan": plan["count_outside_plan"],
        },
        contacts=figures["contacts"],
        values=figures["values"],
        rules=connection.execute(statement("report_rules")).fetchall(),
        old_import={
            **figures["old_import"],
            "values_by_field": {row["field"]: row["count_values"] for row in by_field},
            "now": connection.execute(statement("report_old_import_now")).fetchone() or {},
        },
        enrichment=figures["enrichment"],
        addresses=figures["addresses"],
        outcomes=connection.execute(statement("report_outcomes")).fetchall(),
        weeks=connection.execute(statement("report_weeks"), {"limit": WEEKS_SHOWN}).fetchall(),
        before=_before(connection),
        corrections=figures["corrections"],
        held=connection.execute(statement("report_held")).fetchall(),
        owners=connection.execute(statement("report_owners")).fetchall(),
        reported=connection.execute(statement("report_counts")).fetchone() or {},
        guards=tuple(Guard(**row) for row in read_verdict(connection)),
        standing=read_standing(connection) or Standing(has_export=True, plan=STALE),
    )


def _written(connection: Connection) -> Written | None:
    row = connection.execute(statement("report_written")).fetchone()
    if row is None:
        return None
    undone = None
    if row["undone_by_run"]:
        left = {name: row[name] for name in ("values_left", "contacts_left")}
        undone = Undone(row["undone_by_run"], row["undone_at"], row["undone_by"], **left)
    return Written(row["run_id"], row["finished_at"], row["done_by"], row["accepted"], undone)


def _before(connection: Connection) -> Row | None:
    """The plan made before this one, and how many cells differ; None where there was none, or it was the same."""
    relations = connection.execute(statement("plan_relations")).fetchone() or {}
    before = connection.execute(statement("plan_before")).fetchone() if relations["has_previous"] else None
    if before is None:
        return None
    changes = Counter(row["change"] for row in connection.execute(statement("plan_difference")))
    return {**before, "added": changes["added"], "gone": changes["gone"], "changed": changes["changed"]}
