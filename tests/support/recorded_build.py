"""The statements of one dbt build, replayed: the same SQL on the same server, without dbt's own work per node.

What dbt sends depends on the project and on the name of the database alone (no macro asks the database anything), so
the first plan of a session is dbt's and is listened to, and later ones replay it. The seeds are not in a recording: a
plan makes them before it calls dbt. Most of a plan's time is dbt's work in Python, and hundreds of tests make a plan.
Tests of dbt itself ask for it
(``World.replays``, ``Console.replays``).

A recording is kept in a file, so that the processes of a run, and those of the command line, share it.

Only what went well is replayed. A statement that fails, or a data test that finds something, undoes the replay, and
dbt itself builds: a test of what happens then sees dbt's own outcome. ``test_recorded_build.py`` compares the two.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from unittest import mock

import psycopg
import yaml  # type: ignore[import-untyped]
from psycopg import ClientCursor

from loader.database.connection import Target, connect
from loader.merge.dbt import DbtRun, run_dbt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loader.database.connection import Connection

# a red guard is a finding of the plan, not a failure of it
MAY_FAIL = "assert_every_guard_passed"
MARK = "the_database_of_the_recording"
CLEAR = """
do $$
declare
    relation record;
begin
    for relation in
        select relname as name, case relkind when 'v' then 'view' else 'table' end as kind
        from pg_class
        where
            relnamespace = to_regnamespace('kajabi_guard')
            and relkind in ('r', 'v')
            and relname <> 'previous_merge_plan'
            and relname <> all (string_to_array('the_seeds', ' '))
    loop
        execute format('drop %s if exists kajabi_guard.%I cascade', relation.kind, relation.name);
    end loop;
end
$$;
"""


class Broken(Exception):
    """A replay that is not how dbt's build would end."""


@dataclass
class Recording:
    """What dbt sent on an empty schema, with a mark in place of the database's name. Kept as JSON."""

    nodes: list[str] = field(default_factory=list)
    building: list[str] = field(default_factory=list)
    """Statements of the models, in their order."""
    testing: dict[str, str] = field(default_factory=dict)
    """The query of each data test by its name: one row with the number of failures."""


class RecordedBuild:
    """Stands in for ``run_dbt`` in a plan: the first build of a project is recorded, the next are replayed."""

    folder: ClassVar[Path | None] = None
    """Where the recordings of this run of the tests are kept (``conftest.py``)."""

    @property
    def database(self) -> str:
        """The name of the database that the PG* variables lead to."""
        return os.environ["PGDATABASE"]

    def __call__(self, command: list[str], *, project: Path, **named: Any) -> DbtRun:
        kept = self.file(project, command)
        with connect(Target(dict(os.environ)), "test") as connection:
            if kept.exists():
                try:
                    recording = Recording(**json.loads(kept.read_text(encoding="utf-8")))
                    return self._replay(recording, project, connection)
                except (Broken, psycopg.Error):
                    return run_dbt(command, project=project, **named)
            clear(connection, project)
        with _listening() as heard:
            run = run_dbt(command, project=project, **named)
        if not run.skipped and not run.warned and all(name == MAY_FAIL for name in run.failed):
            made = kept.with_suffix(f".{os.getpid()}")
            made.write_text(json.dumps(asdict(self._recording(run, heard))), encoding="utf-8")
            made.replace(kept)
        return run

    @classmethod
    def file(cls, project: Path, command: list[str]) -> Path:
        """Where the recording of this project and command is, or will be."""
        assert cls.folder, "no folder for recordings was named"
        return cls.folder / f"{digest(project, command)}.json"

    def _recording(self, run: DbtRun, heard: list[tuple[str, str, Any]]) -> Recording:
        recording = Recording([*run.done, *run.failed])
        with connect(Target(dict(os.environ)), "test") as connection:
            for node, query, bindings in heard:
                kind, _, name = node.partition(".kajabi_guard.")
                text = ClientCursor(connection).mogrify(query, bindings) if bindings else query
                marked = text.replace(self.database, MARK).strip().rstrip(";")
                if kind == "test":
                    recording.testing[name] = marked
                elif kind == "model" and marked != "COMMIT":
                    # a model's message ends its own transaction; a replay is one transaction
                    recording.building.append(marked.removesuffix("commit").rstrip().rstrip(";"))
        return recording

    def _replay(self, recording: Recording, project: Path, connection: Connection) -> DbtRun:
        run = DbtRun()
        with connection.transaction():
            clear(connection, project)
            connection.execute(";\n".join(recording.building).replace(MARK, self.database))
            for name, query in recording.testing.items():
                outcome = connection.execute(query.replace(MARK, self.database)).fetchone()
                assert outcome
                if outcome["failures"] and name != MAY_FAIL:
                    raise Broken(name)
                if outcome["failures"]:
                    run.failed.append(name)
        run.done += [name for name in recording.nodes if name not in run.failed]
        return run


def clear(connection: Connection, project: Path) -> None:
    """Drop what dbt has built, as dbt does while it builds; the seeds stay."""
    seeds = " ".join(file.stem for file in (project / "seeds").glob("*.csv"))
    connection.execute(CLEAR.replace("the_seeds", seeds))


@contextmanager
def _listening() -> Iterator[list[tuple[str, str, Any]]]:
    """Every statement that dbt sends: (name of the node, text, values to bind)."""
    # a second of importing, which a replay need not pay
    from dbt.adapters.sql.connections import SQLConnectionManager  # noqa: PLC0415

    heard: list[tuple[str, str, Any]] = []
    add_query = SQLConnectionManager.add_query

    def listen(manager: Any, query: str, *given: Any, **named: Any) -> Any:
        bindings = named.get("bindings", given[1] if len(given) > 1 else None)
        heard.append((manager.get_thread_connection().name or "", query, bindings))
        return add_query(manager, query, *given, **named)

    with mock.patch.object(SQLConnectionManager, "add_query", listen):
        yield heard


def digest(project: Path, command: list[str]) -> str:
    """A digest of everything that dbt reads of a project, but for the rows of its seeds."""
    configuration = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    digest = hashlib.sha256(json.dumps([command, configuration], sort_keys=True).encode())
    for name in ("models", "macros", "seeds", "tests/data"):
        for file in sorted(path for path in (project / name).rglob("*") if path.is_file()):
            content = file.read_bytes().partition(b"\n")[0] if file.suffix == ".csv" else file.read_bytes()
            digest.update(f"{file.relative_to(project)}\0".encode() + content + b"\0")
    return digest.hexdigest()
