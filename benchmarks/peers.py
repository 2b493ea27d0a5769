"""What others load the same file with: pandas, csvkit and dlt in an environment of their own, and ``dbt seed``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import psycopg

from loader.common.paths import PROJECT, STATE
from loader.database.connection import pointed_at
from processes import HERE, StepFailed, run, without_database
from trivial_project import make_seed_project

if TYPE_CHECKING:
    from loader.database.connection import Target

PEERS = ("pandas.to_sql", "csvsql", "dlt", "dbt seed")
REQUIREMENTS = HERE / "peers.txt"
PLACE = STATE / "bench-peers"
CAP = 120.0  # seconds: a peer that needs longer is stopped
NOT_INSTALLED = "not measured: could not be installed"


def install() -> dict[str, str]:
    """Make the environment of the peers, unless it is there as ``peers.txt`` says; returns who is missing, and why."""
    done, wanted = PLACE / "installed.txt", REQUIREMENTS.read_bytes() + sys.version.encode()
    if done.exists() and done.read_bytes() == wanted:
        return {}
    shutil.rmtree(PLACE, ignore_errors=True)
    try:
        run([sys.executable, "-m", "venv", str(PLACE)], without_database())
        pip = [str(PLACE / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--requirement", str(REQUIREMENTS)], without_database())
    except StepFailed as failed:
        print(failed, file=sys.stderr)
        return dict.fromkeys((peer for peer in PEERS if peer != "dbt seed"), NOT_INSTALLED)  # that is here
    done.write_bytes(wanted)
    return {}


def load(peer: str, file: Path, rows: int, target: Target) -> float:
    """Load the file with a peer into the schema ``bench``; returns its seconds.

    Raises StepFailed with what the table shall say instead: too long, an error, or fewer rows than the file has.
    """
    with TemporaryDirectory() as folder:
        place = Path(folder)
        environment = {**without_database(), **target.settings, "PLACE": folder, "DO_NOT_TRACK": "1", **QUIET}
        try:
            seconds = _LOADERS[peer](peer, file, place, environment)
        except StepFailed as failed:
            said = str(failed)
            raise StepFailed(said if said.startswith("stopped") else "not measured: it failed") from failed
    with pointed_at(target), psycopg.connect("") as connection:
        arrived = connection.execute("select count(*) from bench.peer_export").fetchone()
        connection.execute("drop table bench.peer_export")
    if arrived != (rows,):
        raise StepFailed(f"not measured: {arrived[0] if arrived else 0:,} of {rows:,} rows arrived")
    return seconds


QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}


def _in_python(peer: str, file: Path, _place: Path, environment: dict[str, str]) -> float:
    script = str(HERE / "peer_load.py")
    done = run([str(PLACE / "bin" / "python"), script, peer.partition(".")[0], str(file)], environment, CAP)
    return float(done.printed.splitlines()[-1])


def _csvsql(_peer: str, file: Path, _place: Path, environment: dict[str, str]) -> float:
    words = ["--db", "postgresql+psycopg2://", "--insert", "--db-schema", "bench", "--tables", "peer_export", str(file)]
    return run([str(PLACE / "bin" / "csvsql"), *words], environment, CAP).seconds


def _dbt_seed(_peer: str, file: Path, place: Path, environment: dict[str, str]) -> float:
    project = make_seed_project(place / "project", file)
    shutil.copyfile(PROJECT / "profiles.example.yml", project / "profiles.yml")
    where = ["--project-dir", str(project), "--profiles-dir", str(project)]
    dbt = str(Path(sys.executable).parent / "dbt")
    return run([dbt, "seed", *where], {**environment, "KAJABI_GUARD_SCHEMA": "bench"}, CAP).seconds


_LOADERS = {"pandas.to_sql": _in_python, "dlt": _in_python, "csvsql": _csvsql, "dbt seed": _dbt_seed}
