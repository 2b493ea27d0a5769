"""A skipped test is a promise that nobody checked: the run fails.

A test that means something only to root, or only to everybody else, is left out where it means nothing, and counted.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SKIPPED: list[str] = []
# what each process of a run has left out; all of them collect the same tests
LEFT_OUT = pytest.StashKey[int]()
TOLD: list[str] = []


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print figures at the end of the run, whichever process the test ran in and whether it passed or not."""
    return lambda text: request.node.user_properties.append(("told", text))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped:
        SKIPPED.append(report.nodeid)
    if report.when == "teardown":
        TOLD.extend(str(text) for name, text in report.user_properties if name == "told")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what means nothing to this user: by no choice of the person, so it is no skip."""
    elsewhere = "as_ordinary_user" if os.geteuid() == 0 else "as_root"
    left_out = [item for item in items if item.get_closest_marker(elsewhere)]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
    config.stash[LEFT_OUT] = len(left_out)
    if hasattr(config, "workeroutput"):  # one of several processes, which the first one asks when they are done
        config.workeroutput["left_out"] = len(left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if SKIPPED:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for text in TOLD:
        terminalreporter.write_line(text)
    if left_out := terminalreporter.config.stash.get(LEFT_OUT, 0):
        only = "an ordinary user" if os.geteuid() == 0 else "root"
        terminalreporter.write_line(f"Tests left out, because they mean something to {only} only: {left_out}.")
    if SKIPPED:
        terminalreporter.write_line(f"FAILED: {len(SKIPPED)} tests were skipped; a skip is never a pass.", red=True)
