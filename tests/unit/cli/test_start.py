"""Ctrl-C in the first second: one line or nothing, and never a traceback. No database.

The command waits for a connection string that never comes, so however fast the machine is, it ends by Ctrl-C.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loader.__main__ import NOT_BEGUN, STOPPED

PROJECT = Path(__file__).resolve().parents[3]
# the tool's own code, or ended by the signal (bash before it starts Python, Python when it has said all)
ALLOWED = {1, -signal.SIGINT}
AGAIN, PATIENCE = 0.5, 120.0
# a child inherits whether Ctrl-C is heard: it must not depend on how the tests were started
BEGIN = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.{})
os.write(1, b"begun\\n")
os.execv(sys.argv[1], sys.argv[1:])
"""
# what a test puts in the place of the command line
COMMAND_LINES = {
    "while it is imported": (
        """
class Interrupting:
    def find_spec(name, *_):
        if name == "loader.cli.main":
            press()
sys.meta_path.insert(0, Interrupting)
""",
        (1, NOT_BEGUN),
    ),
    "just before it listens": ("replace(press)", (1, STOPPED)),
    "while Python takes itself down": (
        "import atexit; replace(lambda: atexit.register(press))", (-signal.SIGINT, ""),
    ),
}  # fmt: skip
REPLACED = """
import os, signal, sys, types
signal.signal(signal.SIGINT, signal.default_int_handler)
press = lambda: os.kill(os.getpid(), signal.SIGINT)
def replace(main):
    sys.modules["loader.cli.main"] = types.SimpleNamespace(main=main)
import loader.cli
"""


def started(disposition: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", BEGIN.format(disposition), str(PROJECT / "kajabi-guard"), "connect"],
        env={name: value for name, value in os.environ.items() if not name.startswith(("PG", "DATABASE_URL"))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "begun\n"
    return process


@pytest.mark.parametrize("delay", [0, 50, 100, 200, 400, 800])
def test_ctrl_c_in_the_first_second_shows_no_traceback(delay: int) -> None:
    with started("SIG_DFL") as process:
        time.sleep(delay / 1000)
        give_up = time.monotonic() + PATIENCE
        # what comes while Python starts is not heard: it is pressed again, as a person would
        while process.poll() is None and time.monotonic() < give_up:
            process.send_signal(signal.SIGINT)
            time.sleep(AGAIN)
        process.kill()
        out, err = process.communicate()
    assert (out, "Traceback" in err, "Error" in err) == ("", False, False), err
    assert process.returncode in ALLOWED, err
    assert "\n\n" not in err.strip(), f"more than one paragraph: {err}"


def test_where_ctrl_c_is_ignored_by_whoever_started_it_the_command_goes_on() -> None:
    with started("SIG_IGN") as process:
        for _ in range(10):
            process.send_signal(signal.SIGINT)
            time.sleep(0.1)
        _, err = process.communicate("")
    assert (process.returncode, err.split(",")[0]) == (2, "Nothing was pasted")


@pytest.mark.parametrize("moment", COMMAND_LINES)
def test_ctrl_c_is_answered_at_every_moment(moment: str) -> None:
    code, expected = COMMAND_LINES[moment]
    script = f"{REPLACED}{code}\nfrom loader.__main__ import main\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert (done.returncode, done.stdout, done.stderr) == (expected[0], "", expected[1])
