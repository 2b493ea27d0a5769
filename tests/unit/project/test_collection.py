"""A test is the same test every time: its name depends on no clock, hash seed, user or folder.

Two processes share the tests of a run; where they do not collect the same ones, none is run. And a test that has
another name every day cannot be compared with yesterday's, nor run again by its name.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
# written before anything is left out for this user; the clock goes before any test file is imported
PLUGIN = """
import os, time
from pathlib import Path
import pytest

offset = float(os.environ["CLOCK_OFFSET"])
real = time.time
time.time = lambda: real() + offset

@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    Path(os.environ["COLLECTED"]).write_text("\\n".join(item.nodeid for item in items), encoding="utf-8")
"""
# the zones are 26 hours apart: it is never the same day in both
CIRCUMSTANCES = (
    {"PYTHONHASHSEED": "1", "TZ": "early12", "CLOCK_OFFSET": "0", "USER": "ann", "LANG": "C.UTF-8"},
    {"PYTHONHASHSEED": "2", "TZ": "late-14", "CLOCK_OFFSET": "40000000", "USER": "bob", "LC_ALL": "C"},
)


def test_the_tests_have_the_same_names_whenever_and_by_whomever_they_are_collected(tmp_path: Path) -> None:
    (tmp_path / "circumstances.py").write_text(PLUGIN, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider", "-p", "circumstances"]
    lists, processes = [], []
    for variables in CIRCUMSTANCES:
        home = tmp_path / f"home of {variables['USER']}"
        home.mkdir()
        lists.append(home / "collected")
        places = {"HOME": str(home), "TMPDIR": str(home), "COLLECTED": str(lists[-1]), "PYTHONPATH": str(tmp_path)}
        environment = {"PATH": os.environ["PATH"], **places, **variables}
        processes.append(
            subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        )
    for process in processes:
        said, _ = process.communicate()
        assert process.returncode == 0, said.decode()
    first, second = (path.read_text(encoding="utf-8").split("\n") for path in lists)
    assert len(first) > 1000
    assert first == second
    assert len(first) == len(set(first)), "two tests of one name"
    assert [name for name in first if len(name) > 250] == [], "a name that is made of a value, and not of words"
