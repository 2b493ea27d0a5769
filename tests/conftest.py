"""A skipped test is a promise that nobody checked: the run fails. Some tests are left out instead, and counted.

Left out are the tests that need a browser, where there is none (with KAJABI_GUARD_BROWSER=required they fail instead),
and those that mean something to root only, or to everybody else only. The closing lines say how many, and which
command runs them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser import find_chromium
from fixtures import (  # noqa: F401  # every test may ask for them
    pytest_report_header,
    recordings,
    server,
    target,
    template,
    world,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

UNIT = Path(__file__).resolve().parent / "unit"  # what is there needs no database
SKIPPED: list[str] = []
TOLD: list[str] = []
# how many tests of each marker were left out; every process of a run collects, and leaves out, the same tests
LEFT_OUT = pytest.StashKey[dict[str, int]]()
WHY = {
    "browser": "no Chromium was found. `make test-browser` runs them.",
    "as_root": "they mean something to root only. `.venv/bin/python -m pytest -m as_root` as root runs them.",
    "as_ordinary_user": "they mean something to an ordinary user only. `make test` as one runs them.",
}


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print figures at the end of the run, whichever process the test ran in and whether it passed or not."""
    return lambda text: request.node.user_properties.append(("told", text))


def markers_left_out() -> list[str]:
    """The markers of the tests that cannot mean anything here: by no choice of the person, so it is no skip."""
    is_browser_missing = os.environ.get("KAJABI_GUARD_BROWSER") != "required" and not find_chromium()
    return ["as_ordinary_user" if os.geteuid() == 0 else "as_root", *(["browser"] if is_browser_missing else [])]


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    # before `-m` is looked at, so that the marker of a test with a browser cannot be forgotten
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "browser" in fixtures:
            item.add_marker("browser")
        if "server" in fixtures and UNIT in item.path.parents:
            raise pytest.UsageError(f"{item.nodeid} needs a database: it belongs to tests/integration.")
    yield
    # after `-m` and `-k`, so that what nobody asked for is not counted
    counts = {}
    for marker in markers_left_out():
        left_out = [item for item in items if item.get_closest_marker(marker)]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
        counts[marker] = len(left_out)
    config.stash[LEFT_OUT] = counts
    if hasattr(config, "workeroutput"):  # one of several processes, which the first one asks when they are done
        config.workeroutput["left_out"] = counts


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", {})


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped:
        SKIPPED.append(report.nodeid)
    if report.when == "teardown":
        TOLD.extend(str(text) for name, text in report.user_properties if name == "told")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if SKIPPED:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for text in TOLD:
        terminalreporter.write_line(text)
    for marker, number in config.stash.get(LEFT_OUT, {}).items():
        if number:
            were = "test was" if number == 1 else "tests were"
            terminalreporter.write_line(f"{number} {marker} {were} left out: {WHY[marker]}", yellow=True)
    if SKIPPED:
        terminalreporter.write_line(f"FAILED: {len(SKIPPED)} tests were skipped; a skip is never a pass.", red=True)
