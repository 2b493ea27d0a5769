"""The browser of the tests: where it is found, what it notices, and what happens to its tests where there is none."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import browser
from browser import MISSING, NAMED_BY, chromium, find_chromium

PROJECT = Path(__file__).resolve().parents[3]


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o700)
    return path


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any browser; returns the only folder of its PATH."""
    monkeypatch.delenv(NAMED_BY, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "fetched"))
    monkeypatch.setattr(browser, "APPLICATIONS", (tmp_path / "Applications" / "Chromium",))
    return tmp_path / "bin"


def test_a_browser_is_looked_for_by_its_names_then_among_applications_then_where_playwright_puts_it(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_chromium() is None
    (from_playwright,) = browser.fetched()
    assert from_playwright.is_relative_to(bare.parent / "fetched")
    application = bare.parent / "Applications" / "Chromium"
    for better in (from_playwright, application, bare / "google-chrome", bare / "chromium"):
        program(better)
        assert find_chromium() == str(better)
    monkeypatch.setenv(NAMED_BY, "/somewhere/else")
    assert find_chromium() == "/somewhere/else"
    monkeypatch.setenv(NAMED_BY, "")
    assert find_chromium() is None


def test_a_snap_is_no_browser_for_pages_in_tmp(bare: Path) -> None:
    snap = program(bare / "snap")
    (bare / "chromium").symlink_to(snap)
    program(bare / "chromium-browser", '#!/bin/sh\nexec /snap/bin/chromium "$@"\n')
    assert find_chromium() is None


def test_without_a_browser_it_is_said_how_to_install_one(bare: Path) -> None:
    assert bare
    with pytest.raises(AssertionError, match="apt-get install chromium"), chromium():
        pass


def run_without_a_browser(*arguments: str, required: str = "") -> tuple[int, str]:
    """A whole run of pytest on this file; returns its exit code and what it said."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", __file__, *arguments]
    environment = {**os.environ, NAMED_BY: "", "KAJABI_GUARD_BROWSER": required}
    ran = subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout


@pytest.mark.parametrize("split", [(), ("--numprocesses", "2", "--dist", "loadfile")], ids=["one process", "two"])
def test_without_a_browser_its_tests_are_left_out_and_the_closing_lines_say_so(split: tuple[str, ...]) -> None:
    """A test that nobody ran must not look like one that passed."""
    code, said = run_without_a_browser(*split, "-k", "snap or noticed")
    assert (code, "1 passed" in said) == (pytest.ExitCode.OK, True), said
    line = "1 browser test was left out: no Chromium was found. `make test-browser` runs them."
    assert said.splitlines()[-2] == line
    code, said = run_without_a_browser(*split, "-k", "snap or noticed", required="required")
    assert (code, "1 passed" in said) == (pytest.ExitCode.TESTS_FAILED, True), said
    assert MISSING[:60] in said
    assert "left out" not in said


def test_what_nobody_asked_for_is_not_called_left_out() -> None:
    code, said = run_without_a_browser("-k", "snap")
    assert (code, "left out" in said) == (pytest.ExitCode.OK, False), said


FORBIDDEN = """<!doctype html>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; connect-src *">
<p style="color: red">one</p>
<img src="data:image/png;base64,AAAA" alt="">
<form><input></form>
<script>
  console.log("said");
  fetch("http://127.0.0.1:8/fetched").catch(() => 0);
  new WebSocket("ws://127.0.0.1:8/socket");
  throw new Error("thrown");
</script>
"""


@pytest.mark.browser
def test_whatever_a_page_must_not_do_is_noticed(tmp_path: Path) -> None:
    """Nothing noticed is worth what this watch is worth."""
    loud, quiet = tmp_path / "loud.html", tmp_path / "quiet.html"
    loud.write_text(FORBIDDEN, encoding="utf-8")
    quiet.write_text("<!doctype html><title>quiet</title><p>one", encoding="utf-8")
    with chromium() as started:
        for scripts in (True, False):
            started.look(1280, 900, scripts=scripts)
            started.open(loud)
            wanted = [loud.as_uri(), "data:image/png;base64,AAAA"]
            wanted += ["http://127.0.0.1:8/fetched", "ws://127.0.0.1:8/socket"] if scripts else []
            assert set(started.requests) == set(wanted)
            messages = "\n".join(started.messages)
            expected = ["console.error: Applying inline style", "ContentSecurityPolicyIssue", "GenericIssue"]
            expected += ["console.log: said", "exception: thrown"] if scripts else []
            assert [text for text in expected if text not in messages] == []
            assert started.open(quiet) >= 0
            assert (started.requests, started.messages) == ([quiet.as_uri()], [])


@pytest.mark.browser
def test_a_machine_that_allows_no_sandbox_has_a_browser_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuses = """#!/bin/sh
echo "$*" >> {log}
case "$*" in *--no-sandbox*) exec {chromium} "$@" ;; esac
echo "No usable sandbox! see crbug.com/638180" >&2
exit 1
"""
    found = find_chromium()
    assert found, MISSING
    log = tmp_path / "log"
    picky = program(tmp_path / "picky", refuses.format(log=log, chromium=shlex.quote(found)))
    monkeypatch.setenv(NAMED_BY, str(picky))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with chromium() as started:
        started.look(400, 300)
        assert started.run("1 + 1") == 2
    assert ["--no-sandbox" in line for line in log.read_text().splitlines()] == [False, True]
