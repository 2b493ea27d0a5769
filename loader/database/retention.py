"""How long copies are kept: raw rows of old exports, and the plans of old runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..common.errors import Usage
from .locks import take_run_lock
from .statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .connection import Connection

KEPT_LOADS_VARIABLE = "KAJABI_GUARD_KEPT_LOADS"
KEPT_LOADS = 8  # about two months of weekly exports: enough to look back at a question somebody asks
MOST_KEPT_LOADS = 1000
KEPT_DAYS = 365  # a question about a run comes within the year; its values stay in field_changes


def kept_loads(environ: Mapping[str, str] = os.environ) -> int:
    """How many of the last loads keep their rows, besides the newest and the baseline.

    Raises Usage where the setting is not a whole number from 0 to 1000: a slip of the pen must not delete exports.
    """
    text = environ.get(KEPT_LOADS_VARIABLE, "").strip()
    if not text:
        return KEPT_LOADS
    if not (text.isascii() and text.isdecimal()) or int(text) > MOST_KEPT_LOADS:
        raise Usage(
            f"{KEPT_LOADS_VARIABLE} says how many of the last exports keep their rows; it must be a whole number from "
            f"0 to {MOST_KEPT_LOADS}. Nothing was loaded and nothing was deleted. Correct it, or unset it: then "
            f"{KEPT_LOADS} are kept."
        )
    return int(text)


def prune_rows(connection: Connection, kept: int) -> int:
    """Delete the rows of old loads, inside the open transaction of a load; returns how many. `loads` stays."""
    return connection.execute(statement("prune_contact_rows"), {"kept_loads": kept}).rowcount


def prune_plans(connection: Connection, days: int, *, dry_run: bool = False) -> dict[str, int]:
    """Delete the copies of the plans of runs that ended more than ``days`` days ago; ``dry_run`` rolls it back.

    Returns how many rows of how many runs were deleted, or would be: ``count_rows`` and ``count_runs``.

    The newest run that stands keeps its copy, whatever its age: it is the one that somebody may want to undo.
    Raises Busy during another run.
    """
    with connection.transaction(force_rollback=dry_run):
        connection.execute(statement("loader_timeouts"))
        take_run_lock(connection)
        return connection.execute(statement("prune_planned_rows"), {"days": days}).fetchone() or {}
