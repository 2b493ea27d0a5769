"""The account that is given of a list, row by row: what was accepted, and why the rest was not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import merged_contacts, overrides

if TYPE_CHECKING:
    from collections.abc import Sequence

OUTCOMES = {**merged_contacts.OUTCOMES, **overrides.OUTCOMES}
ACCEPTED = ("recorded", "late", "known", "skipped")


def account(accounts: Sequence[dict[str, Any]]) -> list[str]:
    """Name every row that was not (wholly) recorded, or late, by its number below the header, and count the others."""
    named = [row for row in accounts if row["outcome"] not in ACCEPTED or row["outcome"] == "late"]
    lines = [f"record {row['record']}: {OUTCOMES[row['outcome']]}" for row in named]
    counts = {
        "recorded": sum(row["outcome"] in {"recorded", "late"} for row in accounts),
        "known before": sum(row["outcome"] == "known" for row in accounts),
        "left open": sum(row["outcome"] == "skipped" for row in accounts),
        "not recorded": sum(row["outcome"] not in ACCEPTED for row in accounts),
    }
    summary = ", ".join(f"{number:,} {what}" for what, number in counts.items() if number) or "nothing to record"
    return [*lines, f"{summary[0].upper()}{summary[1:]}."]


def all_accepted(accounts: Sequence[dict[str, Any]]) -> bool:
    """Whether every row is in the ledger now, or was left open on purpose."""
    return all(row["outcome"] in ACCEPTED for row in accounts)
