"""What another policy file would decide: the same models, in a schema of their own, on the same newest load."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.columns import Columns
from ..common.errors import KajabiGuardError
from ..common.paths import CONFIG, STATE
from ..common.site_settings import POLICIES, check_own_files, check_policies
from ..database.locks import run_lock
from ..database.schema import prepared
from ..database.statements import statement
from .current_plan import current_plan
from .dbt import run_dbt
from .site_project import lay_over

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..database.connection import Target

SCHEMA = "kajabi_guard_comparison"
POLICY_COLUMNS = Columns(
    required={
        "field": "the managed fields, one line each, as in the file that you copied",
        "position": "their order in reports",
        "policy": f"{', '.join(POLICIES[:-1])} or {POLICIES[-1]}; the same for all six parts of an address",
        "is_address": "true or false, as in the file that you copied",
        "why": "the reason, for people to read",
    },
    # a copy of the seed that is older than this column decides the same
    optional={"evidence": "which columns prove another owner, for people to read"},
    about="A copy of seeds/field_policies.csv in which you changed the column policy.",
)


def compare_policy(
    target: Target,
    policy: Path,
    *,
    progress: Callable[[str], None] | None = None,
    state: Path = STATE,
    config: Path = CONFIG,
) -> list[dict[str, Any]]:
    """Return [{field, rule, action, other_rule, other_action, count_values}] where ``policy`` decides differently.

    ``policy`` is a file like ``seeds/field_policies.csv``; all else, the site's own settings in ``config`` included, is
    as for a plan. Raises Usage for a file that cannot be meant, StalePlan without a plan.
    The plan that stands, its verdict and its fingerprint stay as they are.
    """
    check_own_files(config)
    check_policies(policy, "Nothing was compared.")
    with prepared(target, "plan") as connection, run_lock(target, "plan --compare-policy"):
        current_plan(connection)
        try:
            with tempfile.TemporaryDirectory() as folder:
                project = lay_over(Path(folder), policy, config)
                select = ["--select", "+field_decisions", "--exclude-resource-type", "unit_test", "test"]
                run = run_dbt(["build", *select], progress=progress, state=state, project=project, schema=SCHEMA)
            if run.failed or not run.done:
                raise KajabiGuardError(
                    "The comparison could not be made; the plan that stands is as it was. "
                    f"Check {policy.name} against seeds/field_policies.csv."
                )
            return connection.execute(statement("compare_policies")).fetchall()
        finally:
            connection.execute(statement("drop_comparison"))
