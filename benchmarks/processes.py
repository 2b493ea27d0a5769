"""Start a program that does one thing to be measured, and read what became of it."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
PATIENCE = 1800.0  # seconds: no step of ours may keep a benchmark for longer


class StepFailed(Exception):
    """A program ended with an error, or took too long; the message is the end of what it said."""


@dataclass(frozen=True)
class Finished:
    """A program that ended well: what it printed, its time from start to end, and the processor's part of that."""

    printed: str
    began: float
    ended: float
    processor: float

    @property
    def seconds(self) -> float:
        """From the start of the program to its end."""
        return self.ended - self.began


def run(words: list[str], environment: Mapping[str, str], patience: float = PATIENCE) -> Finished:
    """Run a program to its end. Raises StepFailed where it fails or takes longer than ``patience`` seconds."""
    used, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    try:
        done = subprocess.run(words, env=environment, capture_output=True, check=False, timeout=patience, text=True)
    except subprocess.TimeoutExpired:
        raise StepFailed(f"stopped after {patience:.0f} s") from None
    except OSError as error:
        raise StepFailed(f"could not be started ({error.strerror})") from None
    ended, uses = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise StepFailed(f"{' '.join(words[-2:])} ended with {done.returncode}: {(done.stderr or done.stdout)[-1500:]}")
    processor = uses.ru_utime + uses.ru_stime - used.ru_utime - used.ru_stime
    return Finished(done.stdout, began, ended, processor)


def without_database(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Give an environment without what could lead a program to a database or a setting of somebody's own."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(("PG", "KAJABI_GUARD", "DBT_")) and name != "DATABASE_URL"
    }


@dataclass(frozen=True)
class Step:
    """One of our steps, done: the whole program, and what it said of itself."""

    program: Finished
    seconds: float
    peak_megabytes: float
    marks: list[tuple[float, str]]
    nodes: int
    printed: Any = None


def step(name: str, *arguments: object, settings: Mapping[str, str], place: Path) -> Step:
    """Run a step of ``one_step.py`` against the database of these PG* variables, with ``place`` as its folder."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    ours = {"KAJABI_GUARD_BENCH": str(place), "PYTHONPATH": str(PROJECT)}
    environment = {**without_database(), **settings, **ours}
    program = run([sys.executable, str(HERE / "one_step.py"), name, *map(str, arguments)], environment)
    told = json.loads(program.printed.splitlines()[-1])
    marks = [(program.began, "Python starts"), *((at, phase) for at, phase in told.pop("marks"))]
    return Step(program, marks=marks, **told)
