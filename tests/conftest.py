"""A skipped test is a promise that nobody checked: the run fails.

Only the tests that need a browser may be left out, where there is none; the closing lines say so.
With KAJABI_GUARD_BROWSER=required none is left out: without a browser they fail.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from browser import find_chromium

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

SKIPPED: list[str] = []
TOLD: list[str] = []
LEFT_OUT = pytest.StashKey[int]()


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print figures at the end of the run, whichever process the test ran in and whether it passed or not."""
    return lambda text: request.node.user_properties.append(("told", text))


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    # before `-m` is looked at, so that the marker of a test with a browser cannot be forgotten
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    yield
    # after `-m` and `-k`, so that what nobody asked for is not counted
    in_browser = [item for item in items if item.get_closest_marker("browser")]
    if in_browser and os.environ.get("KAJABI_GUARD_BROWSER") != "required" and not find_chromium():
        items[:] = [item for item in items if item not in in_browser]
        config.hook.pytest_deselected(items=in_browser)
        config.stash[LEFT_OUT] = len(in_browser)
        if hasattr(config, "workeroutput"):
            config.workeroutput["left_out"] = len(in_browser)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process of pytest-xdist has ended: each of them has collected, and left out, the same tests."""
    left_out = getattr(node, "workeroutput", {}).get("left_out", 0)
    node.config.stash[LEFT_OUT] = max(left_out, node.config.stash.get(LEFT_OUT, 0))


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
    if left_out := config.stash.get(LEFT_OUT, 0):
        were = "browser test was" if left_out == 1 else "browser tests were"
        line = f"{left_out} {were} left out: no Chromium was found. `make test-browser` runs them."
        terminalreporter.write_line(line, yellow=True)
    if SKIPPED:
        terminalreporter.write_line(f"FAILED: {len(SKIPPED)} tests were skipped; a skip is never a pass.", red=True)
