"""One step in a process of its own, so that its memory is its own: ``one_step.py STEP [ARGUMENT ...]``.

The PG* variables lead to the database, KAJABI_GUARD_BENCH to the folder for state and reports. One JSON object is
printed: how long the step took without the start of Python, the peak of memory, when which phase began, and more.
"""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import sql

from loader.common import paths

# before the rooms are imported: the benchmark neither reads a site's settings nor touches what its dbt has parsed
PLACE = Path(os.environ["KAJABI_GUARD_BENCH"])
paths.STATE = paths.CONFIG = PLACE
paths.REPORTS = PLACE / "reports"

import old_importer  # noqa: E402
from loader.cli import main as commands  # noqa: E402
from loader.cli import steps as week  # noqa: E402
from loader.database.connection import Target, connect  # noqa: E402
from loader.kajabi.inbound.load import load_export  # noqa: E402
from loader.merge import plan as planning  # noqa: E402
from loader.merge.apply import apply_plan  # noqa: E402
from loader.merge.current_plan import current_plan  # noqa: E402
from loader.merge.dbt import NO_TELEMETRY, QUIET, SCHEMA_VARIABLE, make_folders, places  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCK = 1 << 20
# what dbt tells its callback, and the phase that begins then
DBT_PHASES = {
    "StateCheckVarsHash": "dbt parses the project",
    "FoundStats": "dbt looks at the database",
    "NodeStart": "dbt runs the nodes",
    "FinishedRunningStats": "dbt ends",
}
TARGET = Target({name: value for name, value in os.environ.items() if name.startswith("PG")})

marks: list[tuple[float, str]] = []
nodes: set[str] = set()


def begins(phase: str) -> None:
    """Note that one phase has ended and this one begins."""
    marks.append((time.perf_counter(), phase))


def load(file: str) -> float:
    """Our reader: every row of the file or none."""
    with connect(TARGET) as connection:
        began = time.perf_counter()
        load_export(connection, Path(file))
        return time.perf_counter() - began


def copy(file: str) -> float:
    """The bytes of the file into COPY, as they are: no checks."""
    with open(file, encoding="utf-8-sig", newline="") as lines:  # noqa: PTH123  # as text once, as bytes below
        header = next(csv.reader(lines))
    columns = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in header)
    with connect(TARGET) as connection:
        connection.execute(sql.SQL("create unlogged table bench.export ({})").format(columns))
        began = time.perf_counter()
        with connection.cursor() as cursor, Path(file).open("rb") as raw:
            with cursor.copy("copy bench.export from stdin (format csv, header)") as into:
                while block := raw.read(BLOCK):
                    into.write(block)
            cursor.execute("analyze bench.export")
        return time.perf_counter() - began


def plan() -> float:
    """Every model, every data test, the guards; dbt's import included."""
    began = time.perf_counter()
    watch_dbt()
    planning.make_plan(TARGET)
    return time.perf_counter() - began


def trivial(project: str) -> float:
    """As many nodes of a project that does nothing, with our profile and our options; dbt's import included.

    dbt runs as it comes: what ``run_dbt`` changes (connections that are kept, a rarer search for cycles) is ours.
    """
    folder = make_folders(PLACE)
    os.environ.update({**NO_TELEMETRY, SCHEMA_VARIABLE: "bench_trivial"})
    began = time.perf_counter()
    from dbt.cli.main import dbtRunner  # noqa: PLC0415  # its import is measured

    outcome = dbtRunner().invoke([*planning.BUILD, *QUIET, *places(folder, Path(project), folder / "target")])
    seconds = time.perf_counter() - began
    if not outcome.success:
        raise SystemExit("dbt failed")
    return seconds


def apply() -> float:
    """The guarded MERGE and the ledger, on a connection that is open."""
    with connect(TARGET) as connection:
        fingerprint = current_plan(connection)["fingerprint"]
        began = time.perf_counter()
        apply_plan(connection, TARGET, fingerprint)
        return time.perf_counter() - began


def report() -> float:
    """The plan as the screen, the page and the files."""
    began = time.perf_counter()
    with redirect_stdout(io.StringIO()):
        week.report(TARGET, paths.REPORTS, is_json=False)
    return time.perf_counter() - began


def row_by_row(file: str, at_most: str) -> float:
    """The old importer's contact step, with the first rows of the file."""
    rows = old_importer.read_rows(Path(file), int(at_most))
    with connect(TARGET) as connection:
        connection.prepare_threshold = 5
        began = time.perf_counter()
        old_importer.import_rows(connection, rows)
        return time.perf_counter() - began


def command(*words: str) -> float:
    """A command as somebody types it, with its phases; what it prints as JSON is part of the outcome."""
    began = time.perf_counter()
    announce(week, "load", "load")
    announce(week, "plan", "plan, before dbt")
    announce(planning, "run_dbt", "import of dbt", "plan, after dbt", also=watch_dbt)
    announce(week, "report", "report")
    announce(commands, "apply_plan", "apply", "report of what was written")
    printed = io.StringIO()
    begins("connecting")
    with redirect_stdout(printed):
        commands.cli.main([*words, "--json"], standalone_mode=False)
    begins("Python ends")
    outcome["printed"] = json.loads(printed.getvalue())
    return time.perf_counter() - began


def announce(
    place: Any, name: str, phase: str, after: str | None = None, also: Callable[[], None] = lambda: None
) -> None:
    """Let a function note the phase that begins when it is called, and the one that begins when it has returned."""
    original: Callable[..., Any] = getattr(place, name)

    def announced(*arguments: Any, **named: Any) -> Any:
        begins(phase)
        also()
        done = original(*arguments, **named)
        if after:
            begins(after)
        return done

    setattr(place, name, announced)


def watch_dbt() -> None:
    """Import dbt, and let it tell when its phases begin and which nodes it runs."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415  # its import is a phase of its own

    original, to_come = dbtRunner.__init__, dict(DBT_PHASES)

    def on_event(event: Any) -> None:
        name = event.info.name
        if name in to_come:
            begins(to_come.pop(name))
        if name == "NodeStart" and event.data.node_info.resource_type != "exposure":  # there is nothing to run
            nodes.add(event.data.node_info.unique_id)

    def watched(self: Any, *arguments: Any, **named: Any) -> None:
        begins("dbt starts")
        original(self, *arguments, **named)
        self.callbacks.append(on_event)

    dbtRunner.__init__ = watched  # type: ignore[method-assign]


def peak_megabytes() -> float:
    """The most memory that this program has had. Linux counts in ``getrusage`` what our parent had at the fork."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


STEPS = {step.__name__: step for step in (load, copy, plan, trivial, apply, report, row_by_row, command)}
outcome: dict[str, Any] = {}

if __name__ == "__main__":
    outcome["seconds"] = STEPS[sys.argv[1]](*sys.argv[2:])
    print(json.dumps({**outcome, "peak_megabytes": peak_megabytes(), "marks": marks, "nodes": len(nodes)}))
