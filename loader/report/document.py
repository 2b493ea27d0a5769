"""The plan as plain data: read once from the models, shown as text, as JSON and as files for a spreadsheet."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ..database.statements import statement
from ..merge.current_plan import current_plan
from ..merge.guards import read_verdict

if TYPE_CHECKING:
    from ..database.connection import Connection, Target

WEEKS_SHOWN = 52


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
        "loaded_at": plan["loaded_at"],
        "fingerprint": plan["fingerprint"],
        "policy_version": plan["policy_version"],
        "is_partial": plan["is_partial"],
        "applied_as_run": plan["applied_as_run"],
        "written": connection.execute(statement("report_written")).fetchone(),
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
