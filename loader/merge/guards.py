"""The guards as the write sees them: every one of them must answer, and every answer must be green."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ..common.errors import RefusedByGuard, Usage
from ..common.paths import PROJECT
from ..database.statements import NOT_THERE, statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..database.connection import Connection


@cache
def expected_guards() -> dict[str, dict[str, str]]:
    """The rows of ``seeds/guards.csv`` by guard: what must be in the verdict, whatever the database says."""
    with (PROJECT / "seeds" / "guards.csv").open(encoding="utf-8", newline="") as file:
        return {row["guard"]: row for row in csv.DictReader(file)}


def ask_file_guards(connection: Connection) -> list[dict[str, Any]]:
    """Return the rows of ``read_verdict`` for the guards that read every row of the file, but for ``failed_label``.

    They lock nothing of the organisation's. Raises RefusedByGuard where one of them, or what it reads, is gone.
    """
    try:
        return connection.execute(statement("file_guards")).fetchall()
    except NOT_THERE:
        raise _incomplete(expected_guards()) from None


def read_verdict(connection: Connection, answers: Sequence[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    """Return [{guard, label, failed_label, is_overridable, violations, passed}], in the order of the seed.

    Live, but for the guards of ``answers``, which ``ask_file_guards`` asked in this transaction: they are not asked
    again. Raises RefusedByGuard unless every guard has answered, and once.
    """
    expected = list(expected_guards())
    asked = {"asked": [row["guard"] for row in answers]}
    try:
        verdict = [*answers, *connection.execute(statement("guard_verdict"), asked)]
    except NOT_THERE:
        verdict = []
    missing = sorted(set(expected) - {row["guard"] for row in verdict})
    if missing or len(verdict) != len(expected):
        raise _incomplete(missing)
    verdict.sort(key=lambda row: expected.index(row["guard"]))
    return [{**row, "failed_label": expected_guards()[row["guard"]]["failed_label"]} for row in verdict]


def _incomplete(missing: Iterable[str]) -> RefusedByGuard:
    return RefusedByGuard(
        f"The verdict of the guards is not complete: {', '.join(missing) or 'a guard answers twice'} "
        "did not answer. A guard that is silent protects nobody, so nothing was written. "
        "Run `./kajabi-guard plan` and read its result; a failed test there says what is wrong."
    )


@dataclass(frozen=True)
class Override:
    """Guards that a person accepts although they are red, and why. Only the seed's overridable ones can be."""

    guards: Sequence[str] = ()
    because: str = ""

    def check(self) -> None:
        """Raise Usage for a guard that takes no override, or without a reason."""
        unknown = [name for name in self.guards if expected_guards().get(name, {}).get("is_overridable") != "true"]
        if unknown:
            possible = ", ".join(name for name, row in expected_guards().items() if row["is_overridable"] == "true")
            raise Usage(f"No override is possible for {', '.join(unknown)}; only for {possible}. Nothing was written.")
        if self.guards and not self.because.strip():
            raise Usage("--accept needs --because: next year somebody will ask why. Nothing was written.")


def require_green(verdict: list[dict[str, Any]], override: Override | None = None) -> list[dict[str, Any]]:
    """Raise RefusedByGuard, naming every red guard with its remedy; returns the red ones that were overridden."""
    accepted = set(override.guards) if override else set()
    overridden = [row for row in verdict if not row["passed"] and row["is_overridable"] and row["guard"] in accepted]
    red = [row for row in verdict if not row["passed"] and row not in overridden]
    if red:
        listed = "; ".join(
            f"{row['guard']} ({row['failed_label']}): {row['violations']} found. "
            f"{expected_guards()[row['guard']]['remedy']}"
            for row in red
        )
        raise RefusedByGuard(f"Refused by {len(red)} of {len(verdict)} guards, nothing was written. {listed}")
    return overridden
