"""Make a plan: dbt computes every decision from the newest load, and its data tests prove them. Writes no contact."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..common.errors import KajabiGuardError, StalePlan, Usage
from ..common.paths import STATE
from ..database.connection import connect
from ..database.contacts_table import check_contacts, check_visible
from ..database.locks import run_lock
from ..database.schema import prepared
from ..database.seed_tables import renew_seed_tables
from ..database.statements import statement
from .dbt import run_dbt
from .site_project import site_project

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ..database.connection import Connection, Target

# the seeds are made before dbt starts. `assert_every_guard_passed` asks every guard; `is_empty` asks each once more, by
# name, for who reads `dbt test`, and asks for faults of the files for Kajabi, which `export` asks for itself
BUILD = ["build", "--full-refresh", "--exclude", "test_name:is_empty"]
BUILD += [word for kind in ("seed", "unit_test") for word in ("--exclude-resource-type", kind)]
NODES_NAMED = 5


@dataclass(frozen=True)
class Scope:
    """What the plan is restricted to: these emails, or the first so many contacts. Empty: everybody."""

    only: Sequence[str] = ()
    first: int | None = None


def make_plan(
    target: Target,
    scope: Scope | None = None,
    *,
    progress: Callable[[str], None] | None = None,
    state: Path = STATE,
    project: Path | None = None,
) -> None:
    """Build every model and run every data test on the newest load.

    Leaves the plan in ``kajabi_guard`` for ``report`` and ``apply``; a red guard is not an error here, the verdict
    tells it. ``project`` is the folder with the models and seeds, else the project with the site's own settings.
    Raises StalePlan without a load, Usage for such settings that cannot be meant and for an email in ``scope`` that
    nobody has (the plan before stays), and KajabiGuardError when a model or a test failed: no plan stands then.
    """
    scope = scope or Scope()
    project = project or site_project(state)
    with ExitStack() as run:
        with prepared(target, "plan") as connection:
            check_contacts(connection)
            check_visible(connection)
            run.enter_context(run_lock(target, "plan"))
            _begin(connection, scope)
            connection.execute(statement("drop_models_of_others"))
            renew_seed_tables(connection, project)
            # somebody may have opened it since `init`, and what dbt builds is open to whom the schema is
            connection.execute(statement("close_schemas"))
        built = run_dbt(BUILD, progress=progress, state=state, project=project)
        with connect(target, "kajabi-guard plan") as connection:
            connection.execute(statement("grant_models"))
    failed = [name for name in built.failed if not name.startswith("assert_every_guard_passed")]
    if failed or not built.done:
        with prepared(target, "plan") as connection:
            connection.execute(statement("invalidate_plan"))
        named = ", ".join(failed[:NODES_NAMED]) or "no model ran"
        raise KajabiGuardError(
            f"The plan could not be made: {named}{' and others' if len(failed) > NODES_NAMED else ''} failed"
            f"{f', {len(built.skipped)} further steps were left out' if built.skipped else ''}. "
            "Nothing was written, and the plan before this one can no longer be applied. "
            "dbt's own words: `./kajabi-guard with-database dbt build`."
        )


def _begin(connection: Connection, scope: Scope) -> None:
    """Keep what the plan before would write, set the restriction and take the old verdict away; then dbt rebuilds."""
    with connection.transaction():
        newest = connection.execute(statement("newest_load")).fetchone()
        if newest is None:
            raise StalePlan("No export has been loaded yet: there is nothing to plan. Type `./kajabi-guard load FILE`.")
        _require_known(connection, scope)
        relations = connection.execute(statement("plan_relations")).fetchone()
        if relations and relations["plan_stands"]:
            connection.execute(statement("keep_previous_plan"))
        connection.execute(statement("invalidate_plan"))
        connection.execute(statement("clear_plan_scope"))
        restrictions: list[dict[str, str | int | None]] = []
        restrictions += [{"only_email": email, "first_count": None} for email in scope.only]
        if scope.first is not None:
            restrictions.append({"only_email": None, "first_count": scope.first})
        for restriction in restrictions:
            connection.execute(statement("insert_plan_scope"), restriction)


def _require_known(connection: Connection, scope: Scope) -> None:
    """Raise Usage for an email that is neither a contact's nor in the newest load: a plan for nobody is a slip."""
    if not scope.only:
        return
    unknown = connection.execute(statement("unknown_emails"), {"emails": list(scope.only)}).fetchall()
    if unknown:
        which = ", ".join(f"email {row['position']}" for row in unknown)
        raise Usage(
            f"--only names somebody unknown: {which} of the {len(scope.only)} that you gave is neither the "
            "primary email of a contact here nor in the export that was loaded last. Nothing was planned, and the plan "
            "before this one stays. Check the spelling; `./kajabi-guard explain EMAIL` finds people by other emails."
        )
