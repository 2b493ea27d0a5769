"""A skipped test is a promise that nobody checked: the run fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SKIPPED: list[str] = []
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


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if SKIPPED:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for text in TOLD:
        terminalreporter.write_line(text)
    if SKIPPED:
        terminalreporter.write_line(f"FAILED: {len(SKIPPED)} tests were skipped; a skip is never a pass.", red=True)
