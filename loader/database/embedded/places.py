"""Where the embedded server's data and socket are, and which folders and files there are to be trusted."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ...common.errors import Unprepared
from .binaries import OTHER_SERVER, Account, call, copied_programs, major_version, server_account, wheel_folder

PLACE_NOTE, SOCKET_NOTE = "data-is-elsewhere", "socket-folder"
OWNER, PORT = "kajabi_guard", "5432"
BUILTIN_LOCALES_SINCE = 17
VAR_TMP, TMP = Path("/var/tmp"), Path("/tmp")  # noqa: S108  # nothing is named in them: mkdtemp makes our own folder
LONGEST_PLACE = 65  # bytes: a socket's path may have 103 on macOS; our folder and PostgreSQL's file need 36


@dataclass(frozen=True)
class Home:
    """Where one cluster lives, with the programs that run it."""

    folder: Path
    programs: Path
    account: Account
    is_elsewhere: bool

    def call(self, program: str, *arguments: str, lock: int | None = None) -> tuple[int, str]:
        """Run one of the cluster's programs."""
        return call(self.account, str(self.programs / program), *arguments, lock=lock)


def find_home(folder: Path, bin_folder: Path | None) -> Home:
    """Find where the cluster of ``folder`` lives; the first time, decide it. The caller holds the gate."""
    account, note = server_account(), folder / PLACE_NOTE
    if note.exists():
        place = Path(os.fsdecode(note.read_bytes()))
        if not is_closed(place, os.geteuid(), to=0o022):
            raise Unprepared(
                f"The embedded server's data is gone: {note} says that it lives in {place}, which is not "
                "there or belongs to somebody else. Nothing was changed. Bring that folder back, or delete "
                f"{folder} to begin with an empty database."
            )
        return Home(place, bin_folder or copied_programs(place), account, is_elsewhere=True)
    programs = bin_folder or wheel_folder() / "pginstall" / "bin"
    if account.is_ours and is_plain(folder) and is_plain(programs):
        return Home(folder, programs, account, is_elsewhere=False)
    if (folder / "data").exists():
        raise Unprepared(
            f"The embedded server cannot use its data in {folder}: PostgreSQL's programs do not work in a "
            "folder of root, or with a quote, a backslash, a dollar sign or a line break in its name. "
            "Nothing was changed. Give the folder its former name and owner."
        )
    return home_elsewhere(folder, account, bin_folder)


def home_elsewhere(folder: Path, account: Account, bin_folder: Path | None) -> Home:
    """Make a folder for the cluster that the server's account can reach and run programs in."""
    failures, temporary = [], Path(tempfile.gettempdir()).resolve()
    # /var/lib for root: machines clear the others of files that are some weeks old; but what was put into the
    # temporary folder is meant to go some day, and is not to be left behind in /var/lib
    lasting = [] if temporary in folder.parents else [Path("/var/lib"), VAR_TMP]
    for parent in dict.fromkeys([*lasting, temporary, VAR_TMP]):
        if not (is_plain(parent) and os.access(parent, os.W_OK | os.X_OK)):
            continue
        place = Path(tempfile.mkdtemp(prefix="kajabi-guard-", dir=parent.resolve()))
        try:
            if not account.is_ours:
                place.chmod(0o711)  # the account may pass through, and neither list nor change it
            replace(place / "belongs-to", str(folder))  # so that a person can tell what may be deleted
            replace(folder / PLACE_NOTE, str(place))  # first: what a killed command leaves is found again
            programs = bin_folder or copied_programs(place)
            major_version(programs, account)  # fails where the account cannot come, or programs may not run
        except (OSError, Unprepared) as error:
            failures.append(str(error))
            shutil.rmtree(place, ignore_errors=True)
            (folder / PLACE_NOTE).unlink(missing_ok=True)
        else:
            return Home(place, programs, account, is_elsewhere=True)
    raise Unprepared(
        "The embedded server found no place for its data: PostgreSQL's programs do not work in a folder of "
        "root, or with a quote, a backslash or a dollar sign in its name, and /var/lib, /var/tmp and the "
        f"temporary folder failed too. {' '.join(failures)} Run the command as an ordinary user, from a "
        f"folder with a plain name. {OTHER_SERVER}"
    )


def make_cluster(home: Home, gate: int) -> None:
    """Make the database files if there are none; refuse those of another PostgreSQL version."""
    data, version = home.folder / "data", major_version(home.programs, home.account)
    if data.exists():
        made_by = tail(data / "PG_VERSION") or "of an unknown version"
        if made_by != str(version):
            raise Unprepared(
                f"The embedded server cannot be started: PostgreSQL {version} cannot read the data in "
                f"{data}, which PostgreSQL {made_by} made. Nothing was changed. Use the version of this tool "
                f"that made it, or, where the data is not needed, delete {home.folder}."
            )
        return
    for leftover in home.folder.glob("making-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    making = Path(tempfile.mkdtemp(prefix="making-", dir=home.folder))
    hand_over(making, home)
    locale = ["--locale=C.UTF-8"]
    if version >= BUILTIN_LOCALES_SINCE:
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    login = [f"--username={OWNER}", "--auth-local=peer", "--auth-host=reject"]
    options = ["-D", str(making), "--no-sync", "--encoding=UTF8", *locale, *login]
    code, said = home.call("initdb", *options, lock=gate)
    if code:
        shutil.rmtree(making, ignore_errors=True)
        raise Unprepared(
            f"The embedded server's data could not be made in {home.folder}, so there is no practice "
            f"database. PostgreSQL's initdb said: {said} Nothing was left behind. "
            "Remove the cause and try again."
        )
    making.rename(data)  # only now: a command killed before this leaves nothing that looks like a database


def new_socket_folder(home: Home) -> Path:
    """Make a folder for the socket: its path must be short, so the folder is not where the data is.

    Where it would be in the same place as last time, it has the same name, unless somebody has taken that: dbt parses
    the whole project again for a server with another address.
    """
    places = [home.folder] if home.is_elsewhere else []
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nonexistent")
    if home.account.is_ours and runtime.is_absolute() and is_closed(runtime, os.geteuid()):
        places.append(runtime)
    cluster, noted = _noted(home)
    for place in (*places, Path(tempfile.gettempdir()), TMP):
        # with a comma it would be read as a list of hosts
        if len(os.fsencode(place)) <= LONGEST_PLACE and "," not in str(place) and is_plain(place):
            again = Path(noted) if cluster == _identity(home.folder) and Path(noted).parent == place else None
            with contextlib.suppress(OSError):
                made = _made_again(again) or Path(tempfile.mkdtemp(prefix="kajabi-guard-", dir=place))
                hand_over(made, home)
                replace(home.folder / SOCKET_NOTE, f"{_identity(home.folder)} {made}")
                return made
    raise Unprepared(
        "The embedded server found no place for its socket: XDG_RUNTIME_DIR, the temporary folder and /tmp "
        f"cannot be written in, or their paths have more than {LONGEST_PLACE} bytes. Set TMPDIR to a folder "
        "that will do."
    )


def noted_socket_folder(home: Home) -> Path | None:
    """Give the socket folder that an earlier command noted, if it is there and nobody else's."""
    cluster, noted = _noted(home)
    # a copy of the cluster has the note too, and must not meet the server of the original
    is_ours = cluster == _identity(home.folder) and is_closed(Path(noted), home.account.uid)
    return Path(noted) if is_ours else None


def _made_again(folder: Path | None) -> Path | None:
    with contextlib.suppress(OSError):
        if folder:
            folder.mkdir(mode=0o700)  # fails where anything is there: that would be somebody else's
            return folder
    return None


def _noted(home: Home) -> tuple[str, str]:
    """Give which cluster noted its socket folder, and where that is or was."""
    cluster, _, noted = tail(home.folder / SOCKET_NOTE).partition(" ")
    return cluster, noted


def _identity(folder: Path) -> str:
    return f"{folder.stat().st_dev}:{folder.stat().st_ino}"


def hand_over(folder: Path, home: Home) -> None:
    """Give a folder that we just made to the account that runs the server."""
    if not home.account.is_ours:
        os.chown(folder, home.account.uid, home.account.gid)


def is_plain(path: Path) -> bool:
    """Tell whether PostgreSQL's programs can use this path, which they put in double quotes for a shell."""
    return not re.search(r"[\"$`\\\n\r]", str(path))


def is_closed(folder: Path, uid: int, to: int = 0o077) -> bool:
    """Tell whether this is a folder (no link to one) of that user that is closed to others in these ways."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and not found.st_mode & to


def replace(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a small file, whole or not at all."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.fsencode(text))
    unfinished.chmod(mode)
    unfinished.rename(path)


def tail(path: Path) -> str:
    """Read the end of a file, or nothing if it is not there. No link is followed: others may have made it."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            return os.fsdecode(file.read()[-2000:].strip())
    except OSError:
        return ""
