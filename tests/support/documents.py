"""A report of an invented plan, to be changed part by part; no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from loader.merge.standing import READY, Standing
from loader.report.document import Document, Guard, Plan, Undone, Written
from loader.report.wording import ADDRESSES, CORRECTIONS, ENRICHMENT

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY = datetime(2026, 11, 28, 5, 30, tzinfo=timezone.utc)


def guard(name: str = "guard_stale_plan", *, passed: bool = True, **more: Any) -> Guard:
    return replace(GREEN, guard=name, passed=passed, violations=0 if passed else 1, **more)


def outcome(kind: str, rule: str, count_values: int, field: str = "phone", **more: Any) -> dict[str, Any]:
    told = {"field": field, "outcome": kind, "rule": rule, "label": rule, "count_values": count_values}
    return {**told, "count_needs_review": 0, **more}


def run(number: int = 4, undone_by: int | None = None, **left: int) -> Written:
    """The run that wrote the plan, and the one that undid it."""
    left = {"values_left": 0, "contacts_left": 0, **left}
    return Written(number, DAY, "Ann", {}, Undone(undone_by, DAY, "Ben", **left) if undone_by else None)


def document(**changed: Any) -> Document:
    """A plan that fills three blanks and adds two people; ``changed`` are its parts, or what differs in them."""
    made = with_parts(PLAIN, changed)
    assert isinstance(made, Document)
    return made


def with_parts(part: Any, changed: Mapping[str, Any]) -> Any:
    """A copy of a part, in which every mapping stands for what differs in a part of it."""
    has = part if isinstance(part, dict) else vars(part)
    parts = {
        name: with_parts(has[name], value) if isinstance(value, dict) and has.get(name) else value
        for name, value in changed.items()
    }
    return {**part, **parts} if isinstance(part, dict) else replace(part, **parts)


GREEN = Guard(
    "guard_stale_plan",
    "contacts are as the plan saw them",
    "Contacts have changed since the plan",
    is_overridable=False,
    violations=0,
    passed=True,
)
PLAIN = Document(
    plan=Plan("a database", is_practice=False, load_id=7, file_name="contacts week 48.csv", loaded_at=DAY,
              planned_at=DAY, fingerprint="bf0cae82" + "0" * 56, policy_version="0" * 32, is_partial=False),
    written=None,
    writes={"updated_contacts": 3, "inserted_contacts": 2, "outside_this_plan": 0},
    contacts=dict.fromkeys(("held", "in_database", "in_export", "matched", "new", "only_in_database"), 0),
    values={"fill": 3, "keep": 109, "link": 0, "update": 0, "needs_review": 0},
    rules=(),
    old_import={
        "contacts_changed": 100, "corrected_contacts": 0, "enriched_contacts": 0, "enriched_linked_to_paypal": 0,
        "enriched_linked_to_zoho": 0, "relabelled_contacts": 0, "values_changed": 112, "values_by_field": {},
        "now": {"kept": 112, "filled": 0, "updated": 0},
    },
    enrichment=dict.fromkeys(ENRICHMENT, 0),
    addresses=dict.fromkeys(ADDRESSES, 0),
    outcomes=(),
    weeks=(),
    before=None,
    corrections=dict.fromkeys(CORRECTIONS, 0),
    held=(),
    owners=(),
    reported={"vanished_contacts": 0, "email_changes": 0, "unknown_labels": []},
    guards=(GREEN, replace(GREEN, guard="guard_older_export", is_overridable=True)),
    standing=Standing(has_export=True, are_merged_contacts_known=True, plan=READY, fingerprint="bf0cae82" + "0" * 56),
)  # fmt: skip
