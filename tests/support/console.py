"""The real command line for tests: a copy of the project with a state folder of its own, and a process per command.

Importing dbt costs a second, so a small server (this file, run as a script) imports everything once and forks
for each command. What a test sees are real processes: their streams, exit codes, signals and files.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from world import World

PROJECT = Path(__file__).parents[2]
COPIED = (
    *("loader", "models", "macros", "seeds", "tests/data"),
    *("dbt_project.yml", "profiles.example.yml", "kajabi-guard", "pyproject.toml", "requirements.lock"),
)
PATIENCE = 240.0  # seconds; a plan on a very busy machine takes a hundred
PLANS = {"plan", "weekly", "demo"}  # what dbt leaves behind must be taken down
SCHEMAS = ("public", "kajabi_raw", "kajabi_ledger")


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and everything that it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON document on stdout; nothing else may stand there, nor on stderr."""
        assert not self.err, self.err
        return json.loads(self.out)

    @property
    def refusal(self) -> str:
        """The one paragraph on stderr, on one line; nothing on stdout, and no line wider than the terminal."""
        assert not self.out, self.out
        assert "Traceback" not in self.err
        assert self.err.endswith("\n"), self.err
        lines = self.err.removesuffix("\n").split("\n")
        assert all(line.strip() for line in lines), f"more than one paragraph: {self.err}"
        paragraph = " ".join(lines)
        assert len(paragraph.split()) > 8, f"too short to say what, why and what to do: {paragraph}"
        assert paragraph.endswith((".", "`.", ")")), paragraph
        return paragraph


class Console:
    """A copy of the project in ``folder`` and the server that runs its commands."""

    def __init__(self, folder: Path, change: Callable[[Path], None] | None = None) -> None:
        self.project = folder / "kajabi guard"  # the space is on purpose
        self.state = self.project / ".kajabi-guard"
        self.reports = self.project / "reports"
        self.replays = True
        """Whether a plan replays what dbt sent for another (``recorded_build.py``); else it is dbt that builds."""
        self.home = folder / "home"
        self.home.mkdir()
        for name in COPIED:
            _copy(PROJECT / name, self.project / name)
        if change:
            change(self.project)
        script = [sys.executable, str(Path(__file__)), str(self.project)]
        self._server = subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    @contextmanager
    def by_dbt(self) -> Iterator[None]:
        """Let dbt itself build the plans of this block."""
        self.replays, before = False, self.replays
        yield
        self.replays = before

    def close(self) -> None:
        self._server.communicate("", timeout=PATIENCE)

    def environment(self, variables: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """What a command finds: the PG* variables of this process (of the fixtures), ours, and nothing else."""
        environ = {name: value for name, value in os.environ.items() if name.startswith("PG")}
        environ |= {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8"}
        given = {**environ, **(variables or {})}
        return {name: value for name, value in given.items() if value is not None}

    def run(
        self,
        *arguments: object,
        variables: Mapping[str, str | None] | None = None,
        stdin: str = "",
        cwd: Path | None = None,
        before: str = "",
    ) -> Outcome:
        """Run one command to its end. ``variables`` change its environment; None takes one away."""
        return self.start(*arguments, variables=variables, stdin=stdin, cwd=cwd, before=before).end()

    def start(
        self,
        *arguments: object,
        variables: Mapping[str, str | None] | None = None,
        stdin: str = "",
        cwd: Path | None = None,
        before: str = "",
    ) -> Started:
        """Start one command. ``before`` is code that its process runs first, to break something on purpose."""
        from recorded_build import RecordedBuild  # noqa: PLC0415  # see _serve

        streams = self.home / uuid4().hex
        streams.mkdir()
        (streams / "stdin").write_text(stdin, encoding="utf-8")
        request = {
            "arguments": [str(argument) for argument in arguments],
            "environment": self.environment(variables),
            "cwd": str(cwd or self.home),
            "streams": str(streams),
            "before": before,
            "recordings": str(RecordedBuild.folder) if self.replays else None,
        }
        assert self._server.stdin
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        return Started(self._answer(), self, streams)

    def answer(self) -> int:
        return self._answer()

    def _answer(self) -> int:
        assert self._server.stdout
        return int(self._server.stdout.readline())


@dataclass(frozen=True)
class Started:
    """A command that runs."""

    pid: int
    console: Console
    streams: Path

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        os.kill(self.pid, signal.SIGINT)

    def end(self) -> Outcome:
        """Wait for it. A command that hangs is killed, so that its test fails and the others still run."""
        watch = threading.Timer(PATIENCE, os.kill, (self.pid, signal.SIGKILL))
        watch.start()
        code = self.console.answer()
        watch.cancel()
        outcome = Outcome(
            code, *((self.streams / name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err"))
        )
        shutil.rmtree(self.streams)
        return outcome


@contextmanager
def console_in(folder: Path, change: Callable[[Path], None] | None = None) -> Iterator[Console]:
    """``change`` does something to the copy of the project before it is used."""
    console = Console(folder, change)
    try:
        yield console
    finally:
        console.close()


def digest(world: World) -> dict[str, str]:
    """A digest of every table that the organisation or the ledger owns, row versions included."""
    listed = world.rows(
        "select format('%%I.%%I', schemaname, tablename) as name from pg_tables where schemaname = any(%(schemas)s)",
        schemas=list(SCHEMAS),
    )
    found = {}
    for name in sorted(row["name"] for row in listed):
        rows = world.rows(f"select xmin::text || t::text as line from {name} as t order by 1")
        found[name] = hashlib.sha256("\n".join(row["line"] for row in rows).encode()).hexdigest()
    return found


def _copy(source: Path, destination: Path) -> None:
    destination.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, destination, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, destination)


def _serve(project: str) -> None:
    """Read one request a line; answer with the process id of the command, then with its exit code.

    Nothing of ``loader`` is imported before the copy of the project is where it is looked for.
    """
    sys.path.insert(0, project)
    import dbt.cli.main  # noqa: F401, PLC0415  # the second that is to be saved

    import loader.cli.main  # noqa: F401, PLC0415

    assert sys.modules["loader"].__file__ == f"{project}/loader/__init__.py"
    gc.freeze()  # what is imported is shared by all the processes
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _become(json.loads(line))
            return
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _become(request: Mapping[str, Any]) -> None:
    """Be the command: its streams, its environment, its signals; ``main`` leaves with SystemExit."""
    streams = Path(request["streams"])
    files = ((streams / "stdin", os.O_RDONLY), *((streams / name, os.O_WRONLY | os.O_CREAT) for name in ("out", "err")))
    for number, (path, flags) in enumerate(files):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout = open(0, encoding="utf-8", closefd=False), open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    sys.argv = ["kajabi-guard", *request["arguments"]]
    from loader.cli.main import main  # noqa: PLC0415

    if request["recordings"]:
        import loader.merge.plan  # noqa: PLC0415
        from recorded_build import RecordedBuild  # noqa: PLC0415

        RecordedBuild.folder = Path(request["recordings"])
        setattr(loader.merge.plan, "run_dbt", RecordedBuild())  # noqa: B010  # it is not its to export
    exec(request["before"], {})  # noqa: S102  # written by the test itself

    try:
        main()
    except SystemExit as end:
        if PLANS.isdisjoint(request["arguments"]):
            sys.stdout.flush()
            os._exit(int(end.code or 0))  # taking the interpreter down takes longer than most commands
        raise


if __name__ == "__main__":
    _serve(sys.argv[1])
