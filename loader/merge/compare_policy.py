"""What another policy file would decide: the same models, in a schema of their own, on the same newest load."""

from __future__ import annotations

import csv
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.columns import Columns
from ..common.errors import KajabiGuardError, Usage
from ..common.paths import PROJECT, STATE, shown
from ..database.locks import run_lock
from ..database.schema import prepared
from ..database.statements import statement
from .current_plan import current_plan
from .dbt import run_dbt

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..database.connection import Target

SCHEMA = "kajabi_guard_comparison"
POLICIES = ("fill_blank", "follow_kajabi", "never")
POLICY_COLUMNS = Columns(
    required={
        "field": "the nine fields, one line each, as in the file that you copied",
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
    target: Target, policy: Path, *, progress: Callable[[str], None] | None = None, state: Path = STATE
) -> list[dict[str, Any]]:
    """Return [{field, rule, action, other_rule, other_action, count_values}] for all that ``policy`` decides otherwise.

    ``policy`` is a file like ``seeds/field_policies.csv``. Raises Usage when it is not, StalePlan without a plan.
    The plan that stands, its verdict and its fingerprint stay as they are.
    """
    _check(policy)
    with prepared(target, "plan") as connection, run_lock(target, "plan --compare-policy"):
        current_plan(connection)
        try:
            with tempfile.TemporaryDirectory() as folder:
                project = Path(folder)
                for name in ("models", "macros", "tests"):
                    (project / name).symlink_to(PROJECT / name)
                _copy_writable(PROJECT / "seeds", project / "seeds")
                shutil.copyfile(PROJECT / "dbt_project.yml", project / "dbt_project.yml")
                shutil.copyfile(policy, project / "seeds" / "field_policies.csv")
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


def _copy_writable(source: Path, folder: Path) -> None:
    """Copy the files of a folder without their rights: an installed tool's own may be read-only."""
    folder.mkdir()
    for file in source.iterdir():
        shutil.copyfile(file, folder / file.name)


def _check(policy: Path) -> None:
    """Raise Usage unless the file has our columns and fields, known policies, and one for the whole address."""
    seed = PROJECT / "seeds" / "field_policies.csv"
    wanted = _rows(seed)
    try:
        given = _rows(policy)
    except OSError as error:
        raise Usage(
            f"{policy.name} cannot be read ({error.strerror}). Nothing was compared. Check path and rights."
        ) from None
    except (UnicodeDecodeError, csv.Error):
        raise Usage(f"{policy.name} cannot be read as UTF-8 text. Nothing was compared.") from None
    theirs = set(given[0] if given else ())
    missing = [name for name in POLICY_COLUMNS.required if name not in theirs]
    if (
        missing
        or theirs - set(POLICY_COLUMNS.names)
        or {row["field"] for row in given} != {row["field"] for row in wanted}
    ):
        lacks = f" It lacks {', '.join(missing)}." if missing else ""
        raise Usage(
            f"{policy.name} does not have the columns and fields of {shown(seed)}.{lacks} Nothing was "
            "compared. Copy that file first and change the policies in the copy."
        )
    if any(row["policy"] not in POLICIES for row in given):
        raise Usage(f"{policy.name} has a policy that is none of {', '.join(POLICIES)}. Nothing was compared.")
    if len({row["policy"] for row in given if row["is_address"] == "true"}) != 1:
        raise Usage(
            f"{policy.name} gives the six address fields different policies, and an address is one unit. Nothing was "
            "compared. Give all six the same policy."
        )


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
