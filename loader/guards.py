"""The guards as the write sees them: every one of them must answer, and every answer must be green."""

from __future__ import annotations

import csv
from functools import cache
from typing import TYPE_CHECKING, Any

import psycopg

from loader.database import PROJECT
from loader.errors import RefusedByGuard
from loader.statements import statement

if TYPE_CHECKING:
    from loader.database import Connection


@cache
def expected_guards() -> dict[str, dict[str, str]]:
    """The rows of ``seeds/guards.csv`` by guard: what must be in the verdict, whatever the database says."""
    with (PROJECT / "seeds" / "guards.csv").open(encoding="utf-8", newline="") as file:
        return {row["guard"]: row for row in csv.DictReader(file)}


def read_verdict(connection: Connection) -> list[dict[str, Any]]:
    """Return [{guard, label, violations, passed}], live. Raises RefusedByGuard where the verdict is not complete."""
    try:
        verdict = connection.execute(statement("guard_verdict")).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        verdict = []
    missing = sorted(set(expected_guards()) - {row["guard"] for row in verdict})
    if missing or len(verdict) != len(expected_guards()):
        raise RefusedByGuard(
            f"The verdict of the guards is not complete: {', '.join(missing) or 'a guard answers twice'} "
            "did not answer. A guard that is silent protects nobody, so nothing was written. "
            "Run `./kajabi-guard plan` and read its result; a failed test there says what is wrong."
        )
    return verdict


def require_green(verdict: list[dict[str, Any]]) -> None:
    """Raise RefusedByGuard, naming every red guard with its remedy, unless all have passed."""
    red = [row for row in verdict if not row["passed"]]
    if red:
        listed = "; ".join(
            f"{row['guard']} ({row['label']}): {row['violations']} found. {expected_guards()[row['guard']]['remedy']}"
            for row in red
        )
        raise RefusedByGuard(f"Refused by {len(red)} of {len(verdict)} guards, nothing was written. {listed}")
