"""The plan that stands, for everybody who reads it: nothing here writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..common.errors import StalePlan
from ..database.statements import NOT_THERE, statement

if TYPE_CHECKING:
    from ..database.connection import Connection


CELLS_NAMED = 5


def current_plan(connection: Connection) -> dict[str, Any]:
    """Return the plan that was made last. Raises StalePlan where there is none, or it is not of the newest load."""
    try:
        plan = connection.execute(statement("current_plan")).fetchone()
    except NOT_THERE:
        plan = None
    if plan is None:
        raise StalePlan(
            "There is no plan in this database, so there is nothing to show or apply. Load an export and plan it: "
            "`./kajabi-guard weekly FILE`."
        )
    if plan["load_id"] != plan["newest_load_id"]:
        raise StalePlan(
            f"The plan was made from load {plan['load_id']}, but {plan['file_name']} (load {plan['newest_load_id']}) "
            "was loaded since, so nothing was done. "
            "Type `./kajabi-guard plan` and read the new plan."
        )
    return plan
