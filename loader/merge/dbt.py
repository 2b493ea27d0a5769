"""Run dbt in this process: models and data tests, with a progress line, without logs that could hold a value."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.errors import KajabiGuardError
from ..common.paths import PROJECT, STATE
from .site_project import site_project

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..database.connection import Target

QUIET = ("--quiet", "--log-level", "none", "--log-level-file", "none", "--no-write-json", "--no-use-colors")
SCHEMA_VARIABLE = "KAJABI_GUARD_SCHEMA"
SELDOM = 50_000, 20, 20
"""After how many new objects Python looks for cycles, and how seldom among older ones."""
NO_TELEMETRY = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}


@dataclass
class DbtRun:
    """What dbt did: names of the nodes by outcome, and its exception, if it did not even start."""

    done: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def make_folders(state: Path = STATE) -> Path:
    """Make the private folder for dbt's profile and artifacts, readable by its owner only; returns it."""
    folder = state / "dbt"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(PROJECT / "profiles.example.yml", folder / "profiles.yml")
    return folder


def environment(target: Target, state: Path = STATE) -> dict[str, str]:
    """The environment in which dbt, psql or any other program reaches the same database as this tool.

    dbt finds the project there with which ``plan`` would plan. Raises Usage for settings of the site's own that cannot
    be meant.
    """
    folder, project = make_folders(state), site_project(state)
    return {
        **os.environ,
        **target.settings,
        **NO_TELEMETRY,
        "DBT_PROFILES_DIR": str(folder),
        "DBT_PROJECT_DIR": str(project),
        "DBT_TARGET_PATH": str(_target_path(folder, project)),
        "DBT_LOG_PATH": str(folder / "logs"),
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
    }


def _target_path(folder: Path, project: Path) -> Path:
    """Where dbt keeps what it has parsed: it knows the files of a project by paths of that project."""
    return folder / ("target" if project == PROJECT else "target-of-site")


def places(folder: Path, project: Path, target: Path) -> list[str]:
    """The options that tell dbt where its profile, the project, and what it keeps of it are."""
    return [
        *("--project-dir", str(project), "--profiles-dir", str(folder)),
        *("--target-path", str(target), "--log-path", str(folder / "logs")),
    ]


def run_dbt(
    command: list[str],
    *,
    progress: Callable[[str], None] | None = None,
    state: Path = STATE,
    project: Path = PROJECT,
    schema: str | None = None,
) -> DbtRun:
    """Run one dbt command against the database in the PG* variables.

    ``progress`` gets the name of each node that starts; ``schema`` builds elsewhere than in ``kajabi_guard``.
    Raises KajabiGuardError when dbt cannot run at all.
    """
    os.environ.update(NO_TELEMETRY)
    folder = make_folders(state)
    os.environ[SCHEMA_VARIABLE] = schema or "kajabi_guard"

    def on_event(event: Any) -> None:
        if progress is not None and event.info.name == "NodeStart":
            progress(event.data.node_info.node_name)

    target = _target_path(folder, project) if schema is None else folder / schema
    # dbt makes a million objects and few cycles: looking for them as often as Python does takes a tenth of a plan, and
    # never looking takes half as much memory again for the first one
    usual = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        from dbt.cli.main import dbtRunner  # noqa: PLC0415  # costs a second: `load` must not pay it

        _keep_connections()
        outcome = dbtRunner(callbacks=[on_event]).invoke([*command, *QUIET, *places(folder, project, target)])
    finally:
        gc.freeze()  # what dbt leaves is not looked at again, not even when Python ends
        gc.set_threshold(*usual)
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    if outcome.exception is not None and outcome.result is None:
        raise KajabiGuardError(
            f"dbt could not run ({type(outcome.exception).__name__}). Nothing was written to contacts. Its own words: "
            "`./kajabi-guard with-database dbt build`."
        )
    run = DbtRun()
    by_status = {
        "success": run.done, "pass": run.done, "warn": run.warned, "skipped": run.skipped, "error": run.failed,
        "fail": run.failed, "runtime error": run.failed,
        "no-op": [],  # an exposure: there is nothing to run
    }  # fmt: skip
    for result in getattr(outcome.result, "results", []) or []:
        by_status.get(str(result.status), run.failed).append(result.node.name)
    return run


def _keep_connections() -> None:
    """Let each of dbt's threads keep its connection from node to node.

    dbt closes it after every node. With TLS and a password, opening one takes six round trips: over a hundred times a
    plan, more than all that is done through it.
    """
    from dbt.adapters.postgres.connections import PostgresConnectionManager  # noqa: PLC0415  # as dbt itself

    # dbt calls this when a node ends; what it left open is rolled back, and dbt closes all connections at its own end
    PostgresConnectionManager.release = PostgresConnectionManager.rollback_if_open  # type: ignore[method-assign,assignment]
