"""What an ordinary user does with an installed kajabi-guard, from a folder of their own; scripts/test-wheel runs it.

It runs in the environment that the wheel was installed into, as a user who may not write there, with an empty HOME:

    python wheel_story.py EXPORT NODES    # a small export, and the names that dbt gives to the nodes of the checkout
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any

HOME = Path.home()
ELSEWHERE = HOME / "a folder elsewhere"
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
PRACTICE = ("kajabi-guard", "--practice")
OTHERS = stat.S_IRWXG | stat.S_IRWXO
# asks the practice server, which runs as long as `with-database` does
CONNECT = 'echo "postgresql://$PGUSER@/$PGDATABASE?host=$PGHOST&port=$PGPORT" | kajabi-guard connect'


def run(*command: str, shell: str = "") -> str:
    """Run a command to its end and give what it printed; a command that fails ends the test."""
    began = time.monotonic()
    done = subprocess.run(
        ["/bin/bash", "-c", shell] if shell else command,
        cwd=ELSEWHERE,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    told = shell or " ".join(command)
    print(f"   {time.monotonic() - began:5.1f} s  {told}", flush=True)
    check(done.returncode == 0, f"{told}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def document(*command: str) -> Any:
    """The JSON document that a command prints."""
    return json.loads(run(*command, "--json"))


def check(is_right: object, what: str) -> None:
    """End the test unless this is right."""
    if not is_right:
        sys.exit(f"The installed tool is not what it should be. {what}")


def files_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below a folder, with its size and the time of its last change."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in folder.rglob("*")
    }


def check_private(folder: Path) -> None:
    """Nobody else may use the folder or anything in it."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            check(not stat.S_IMODE(path.lstat().st_mode) & OTHERS, f"Others may use {path}.")


def tell_the_demo() -> str:
    """The demo, what it says to type next, and one plan of the reader's own; returns the names of dbt's nodes."""
    said = run("kajabi-guard", "demo", "--scale", "0.05")
    typed = [line.strip() for line in said.partition("--- Your turn")[2].split("\n") if line.startswith("   ")]
    check([line.split()[2] for line in typed[:-1]] == ["weekly", "explain", "history", "undo"], f"Your turn: {typed}")
    for line in typed[:-1]:
        run(shell=line)
    plan = document(*PRACTICE, "plan")
    check(plan["fingerprint"][:8] in run(*PRACTICE, "report"), "The report names another plan.")
    written = document(*PRACTICE, "apply", plan["fingerprint"])
    run(*PRACTICE, "undo", str(written["run_id"]))
    policies = ELSEWHERE / "other policies.csv"
    seed = SITE_PACKAGES / "kajabi_guard" / "seeds" / "field_policies.csv"
    policies.write_text(seed.read_text(encoding="utf-8").replace("fill_blank", "never"), encoding="utf-8")
    run(*PRACTICE, "plan", "--compare-policy", policies.name)
    return run(*PRACTICE, "with-database", "dbt", "--quiet", "ls", "--output", "name")


def begin_anew(export: Path) -> dict[str, dict[str, str]]:
    """An empty practice database with a small export, and a connection that is kept; returns doctor's findings."""
    shutil.copyfile(export, ELSEWHERE / "this week's export.csv")
    run("kajabi-guard", "init", "--embedded")
    run("kajabi-guard", "--reports", "my reports", "weekly", "this week's export.csv")
    run("kajabi-guard", "with-database", "bash", "-c", CONNECT)
    found = {each["check"]: each for each in document(*PRACTICE, "doctor")}
    check_private(Path(found["connection.env"]["detail"].partition(": ")[2]))
    run("kajabi-guard", "disconnect")
    return found


def main() -> None:
    """Tell it all; the first thing that is not as it should be ends it."""
    export, nodes = Path(sys.argv[1]), Path(sys.argv[2]).read_text(encoding="utf-8").split()
    ELSEWHERE.mkdir()
    check(os.getuid() != 0, "This is root, who may write everywhere.")
    check(not os.access(SITE_PACKAGES / "kajabi_guard", os.W_OK), f"{SITE_PACKAGES} can be written in.")
    before = files_of(SITE_PACKAGES)
    # there only where the wheel is installed
    version = importlib.import_module("kajabi_guard.loader").__version__
    paths = importlib.import_module("kajabi_guard.loader.common.paths")
    check(version in run("kajabi-guard", "--version"), "The version differs.")
    check(version in run(sys.executable, "-m", "kajabi_guard.loader", "--version"), "The module differs.")
    check(sorted(tell_the_demo().split()) == sorted(nodes), "dbt finds other nodes than in the checkout.")
    found = begin_anew(export)

    check(not paths.IS_CHECKOUT, "The tool takes its environment for a checkout.")
    folders = {"settings folder": paths.CONFIG, "state folder": paths.STATE, "reports folder": paths.REPORTS}
    for name, folder in folders.items():
        check(folder.is_relative_to(HOME) and folder.is_dir(), f"The {name} is not there: {folder}.")
        check(found[name]["detail"] == f"yours alone (mode 700): {folder}", f"doctor: {found[name]}")
    for folder in (paths.CONFIG, paths.REPORTS, ELSEWHERE / "my reports"):
        check_private(folder)
    check(any((ELSEWHERE / "my reports").rglob("impact.html")), "No report where --reports DIR says.")
    check(any(paths.REPORTS.rglob("impact.html")), "No report in the reports folder.")
    others = {path.name for path in HOME.iterdir()} - {ELSEWHERE.name}
    others -= {folder.relative_to(HOME).parts[0] for folder in folders.values()}
    check(not others, f"Something else was left in the home folder: {sorted(others)}.")
    left = {path.name for path in ELSEWHERE.iterdir()} - {"my reports", "this week's export.csv", "other policies.csv"}
    check(not left, f"Something was left in the folder where the commands were typed: {sorted(left)}.")
    check(files_of(SITE_PACKAGES) == before, "Something was written into site-packages.")


if __name__ == "__main__":
    main()
