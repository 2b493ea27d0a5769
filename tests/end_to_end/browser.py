"""A real Chromium for tests and screenshots, driven through its DevTools protocol over a pipe: no port, no package.

Every page that is opened is watched: what it asks the network for, what its console says, what its policy blocks.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
    *("--no-default-browser-check", "--disable-dev-shm-usage", "--remote-debugging-pipe"),
)
PATIENCE = 90.0  # seconds
# the browser reads its commands from descriptor 3 and answers on 4
BECOME = """import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
MISSING = (
    "Chromium is not installed, so nobody has seen the page as a browser shows it. Debian: apt-get install chromium; "
    "macOS: brew install --cask chromium. A page that was not opened is not tested, so this is a failure and no skip."
)


def find_chromium() -> str:
    """The path of the browser. Raises AssertionError that says how to install one."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found, MISSING
    return found


class Browser:
    """One page in a browser of its own; ``requests``, ``messages`` and ``issues`` are since the last ``open``."""

    def __init__(self, process: subprocess.Popen[bytes], to: int, back: int) -> None:
        self._process, self._to, self._back = process, to, back
        self._rest = b""
        self._count = 0
        self._session: str | None = None
        self.requests: list[str] = []
        self.messages: list[str] = []
        self._events: set[str] = set()
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its result; what the page does in the meantime is noted."""
        self._count += 1
        number = self._count
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        while True:
            answer = self._read()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def open(self, path: Path) -> float:
        """Open a file and wait until all of it is there; returns the milliseconds that this took in the page."""
        self.requests.clear()
        self.messages.clear()
        self._events.clear()
        self.send("Page.navigate", url=path.as_uri())
        while "Page.loadEventFired" not in self._events:
            self._read()
        # two frames later it has been laid out and painted
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
        took = "performance.now() - performance.getEntriesByType('navigation')[0].startTime"
        return float(self.run(took))

    def run(self, script: str) -> Any:
        """The value of an expression in the page (from outside of it: its policy is not asked)."""
        result = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def look(self, width: int, height: int, theme: str = "light", media: str = "screen") -> None:
        """Be a screen of this size, in this theme."""
        phone = {"deviceScaleFactor": 1, "mobile": width < 700}  # no tablet is that narrow
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, **phone)
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self.send("Emulation.setEmulatedMedia", media=media, features=features)

    def picture(self, *, whole: bool = False) -> bytes:
        """A PNG of what is on the screen, or of the whole page."""
        shot = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(shot["data"])

    def pdf(self) -> bytes:
        """The page as it is printed."""
        return base64.b64decode(self.send("Page.printToPDF", preferCSSPageSize=True)["data"])

    def _read(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._back], [], [], max(until - time.monotonic(), 0))
            assert ready, f"the browser has not answered for {PATIENCE:.0f} seconds"
            part = os.read(self._back, 1 << 16)
            assert part, "the browser has ended"
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, method: str, about: dict[str, Any]) -> None:
        self._events.add(method)
        if method == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
        elif method == "Runtime.consoleAPICalled":
            self.messages.append(f"console.{about['type']}: {about['args']}")
        elif method == "Runtime.exceptionThrown":
            self.messages.append(f"exception: {about['exceptionDetails']}")
        elif method == "Log.entryAdded":
            self.messages.append(f"log: {about['entry']['text']}")
        elif method == "Audits.issueAdded":
            self.messages.append(f"issue: {about['issue']}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser with an empty profile; it ends with the block."""
    program = find_chromium()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        arguments = [str(theirs_in), str(theirs_out), program, *OPTIONS, f"--user-data-dir={profile}"]
        process = subprocess.Popen(
            [sys.executable, "-c", BECOME, *arguments], pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": profile},
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            browser = Browser(process, ours_out, ours_in)
            yield browser
        finally:
            with suppress(OSError):
                os.close(ours_out)
            with suppress(OSError):
                os.close(ours_in)
            process.terminate()
            process.wait(timeout=30)
