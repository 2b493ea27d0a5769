"""A real Chromium for tests and screenshots, driven by Playwright: the machine's own, or one that it has fetched.

Every page that is opened is watched: what it asks the network for, what its console says, what its policy blocks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from playwright.sync_api import Error, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import BrowserContext, BrowserType, Page

NAMED_BY = "KAJABI_GUARD_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome")
APPLICATIONS = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)
# only Playwright knows where it puts what it fetches; a process of its own, because it cannot be asked while it drives
ASK_PLAYWRIGHT = """from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""
OPTIONS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PATIENCE = 90_000  # milliseconds
# The page itself notes when it was there: two frames after it has loaded it has been laid out and painted. It is waited
# for as a promise, not by asking again and again: the policy of our page allows only what is asked at once.
NOTE_WHEN_PAINTED = f"""window.painted = new Promise((done, fail) => {{
  addEventListener("load", () => {{
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
    setTimeout(() => fail(new Error("nothing was painted")), {PATIENCE});
  }});
}});"""
INSTALL = (
    "To install one: apt-get install chromium (Debian), dnf install chromium (Fedora), brew install --cask chromium "
    "(macOS), or .venv/bin/python -m playwright install --with-deps chromium (Ubuntu, whose own is a snap that cannot "
    f"read our pages). Name one that lies elsewhere: {NAMED_BY}=/path/to/chromium make test-browser."
)
MISSING = f"Chromium was not found, so nobody has seen the page as a browser shows it. {INSTALL}"


def find_chromium() -> str | None:
    """The path of the browser, if there is one. What the environment names is taken at its word; a blank is none."""
    named = os.environ.get(NAMED_BY)
    if named is not None:
        return named or None
    for found in filter(None, map(shutil.which, NAMES)):
        if not is_snap(Path(found)):
            return found
    return next((str(path) for path in (*APPLICATIONS, *fetched()) if path.is_file()), None)


def is_snap(program: Path) -> bool:
    """Ubuntu's snap has a /tmp of its own: it would find none of the pages that tests write."""
    with program.open("rb") as file:
        return program.resolve().name == "snap" or b"/snap/bin/" in file.read(4096)


def fetched() -> Iterator[Path]:
    """Where Playwright has put a Chromium, or would put one."""
    asked = subprocess.run([sys.executable, "-c", ASK_PLAYWRIGHT], capture_output=True, text=True, check=False)
    yield from map(Path, asked.stdout.splitlines())


class Browser:
    """One page at a time; ``requests`` and ``messages`` are since the last ``open``."""

    def __init__(self, chromium: Chromium) -> None:
        self._chromium = chromium
        self._context: BrowserContext | None = None
        self._has_scripts = True
        self.page: Page
        self.requests: list[str] = []
        self.messages: list[str] = []

    def look(self, width: int, height: int, theme: Literal["light", "dark"] = "light", *, scripts: bool = True) -> None:
        """Be a new screen of this size, in this theme, without a network, on which nothing is open yet."""
        if self._context:
            self._context.close()
        self._has_scripts = scripts
        self._context = self._chromium.new_context(
            viewport={"width": width, "height": height},
            is_mobile=width < 700,  # no tablet is that narrow
            color_scheme=theme,
            java_script_enabled=scripts,
            offline=True,
        )
        self._context.set_default_timeout(PATIENCE)
        self._context.add_init_script(NOTE_WHEN_PAINTED)
        self.page = self._context.new_page()
        self._watch(self._context)

    def open(self, path: Path) -> float:
        """Open a file and wait until all of it is there; returns the milliseconds that this took in the page."""
        self.requests.clear()
        self.messages.clear()
        self.page.goto(path.as_uri(), wait_until="load")
        # no callback is ever called in a page without scripts
        took = float(self.run("window.painted")) if self._has_scripts else 0.0
        # what was noted on the way here has arrived when an answer has
        self._devtools.send("Runtime.evaluate", {"expression": "0"})
        return took

    def run(self, script: str) -> Any:
        """The value of an expression in the page (from outside of it: its policy is not asked)."""
        return self.page.evaluate(script)

    def picture(self, *, whole: bool = False) -> bytes:
        """A PNG of what is on the screen, or of the whole page."""
        return self.page.screenshot(full_page=whole)

    def pdf(self) -> bytes:
        """The page as it is printed."""
        return self.page.pdf(prefer_css_page_size=True)

    def _watch(self, context: BrowserContext) -> None:
        self.page.on("console", lambda said: self.messages.append(f"console.{said.type}: {said.text}"))
        self.page.on("pageerror", lambda error: self.messages.append(f"exception: {error}"))
        # Playwright says nothing of a data: URL that is asked for, nor of what the browser finds wrong with a page
        self._devtools = context.new_cdp_session(self.page)
        self._devtools.on("Network.requestWillBeSent", lambda sent: self.requests.append(sent["request"]["url"]))
        self._devtools.on("Network.webSocketCreated", lambda opened: self.requests.append(opened["url"]))
        self._devtools.on("Audits.issueAdded", lambda found: self.messages.append(f"issue: {found['issue']}"))
        for domain in ("Network", "Audits"):
            self._devtools.send(f"{domain}.enable")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser with an empty profile; it ends with the block. Raises AssertionError where there is none."""
    program = find_chromium()
    assert program, MISSING
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, sync_playwright() as playwright:
        started = start(playwright.chromium, program, home)
        try:
            yield Browser(started)
        finally:
            started.close()


def start(kind: BrowserType, program: str, home: str) -> Chromium:
    """Start it in its sandbox; without one as root, who can have none, and where the machine allows none."""

    def launch(*, sandbox: bool) -> Chromium:
        return kind.launch(
            executable_path=program, chromium_sandbox=sandbox, args=OPTIONS, timeout=PATIENCE,
            env={**os.environ, "HOME": home},
        )  # fmt: skip

    if os.geteuid() == 0:
        return launch(sandbox=False)
    try:
        return launch(sandbox=True)
    except Error as error:
        if "sandboxing failed" not in str(error):
            raise
        return launch(sandbox=False)
