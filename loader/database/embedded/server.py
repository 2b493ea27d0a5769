"""A PostgreSQL server of our own, for ``demo``, the tests and ``init --embedded``.

Commands share it: each holds a shared lock on one file while it runs, and whoever can take that lock alone on
leaving stops the server. The system drops the locks of a command that is killed, so the next command finds
the server and stops it when it leaves. A second lock, the gate, is held while the server is started or
stopped: without it a command could be handed a server that another one is just stopping.

Nobody else gets in: the socket is in a folder closed to other users, nothing listens on the network, and the
server asks the system who is calling (``peer``). There is no password that could leak.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import shutil
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...common.errors import Busy, Unprepared
from .binaries import one_line
from .places import (
    OWNER,
    PORT,
    Home,
    find_home,
    is_closed,
    make_cluster,
    new_socket_folder,
    noted_socket_folder,
    replace,
    tail,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GATE, USERS = "gate.lock", "users.lock"
PATIENCE = {"gate": 120.0, "start": 60.0, "failing": 10.0, "silent": 2.0}  # seconds

# A practice server: a power cut may cost its data, which is worth the speed, so nothing waits for the disk.
# Commits are still handed to the system one by one: a server that is killed keeps what it has confirmed.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": PORT,
    "max_connections": "50",
    "shared_buffers": "64MB",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_parallel_workers_per_gather": "0",  # containers often have too little shared memory for them
    "timezone": "UTC",
    "log_timezone": "UTC",
    # the text of an error or a statement can carry a person's data, and logs are kept and passed on
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
}
# the system knows the owner; a role that somebody makes needs a password; nobody is trusted, none by network
WHO_MAY_CONNECT = f"local all {OWNER} peer map=owner\nlocal all all scram-sha-256\n"


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server. Its ``settings`` replace all ``PG*`` variables: one left over may lead elsewhere."""

    settings: dict[str, str]


@contextlib.contextmanager
def running(folder: Path, bin_folder: Path | None = None) -> Iterator[EmbeddedServer]:
    """Share the server whose data belongs to ``folder``, starting it if need be; the last to leave stops it.

    ``bin_folder`` is another installation's ``bin``, instead of the programs that came with this tool.
    """
    with _explained(folder):
        home = _home(folder, bin_folder)
        lock = _lock_file(home.folder / USERS)
    with os.fdopen(lock) as users:
        try:
            with _explained(folder), _gate(home.folder) as gate:
                fcntl.flock(users, fcntl.LOCK_SH)
                host = str(_running_server(home, gate))
            yield EmbeddedServer({"PGHOST": host, "PGPORT": PORT, "PGUSER": OWNER, "PGDATABASE": "postgres"})
        finally:
            # a server that cannot be stopped must not hide how the command ended; the next to leave stops it
            with contextlib.suppress(Busy, OSError):
                _leave(home, users.fileno())


def remove(folder: Path, bin_folder: Path | None = None) -> None:
    """Delete the cluster of ``folder``, wherever its data lives; refuse while a command uses it."""
    if not folder.exists():
        return
    with _explained(folder):
        home = _home(folder, bin_folder)
        with _gate(home.folder) as gate, os.fdopen(_lock_file(home.folder / USERS)) as users:
            if not _is_taken_alone(users.fileno()):
                raise Busy(
                    f"The embedded server of {folder} is in use by another command, so its data was not "
                    "deleted. Wait until that command is done, and try again."
                )
            _stop(home, gate)
            shutil.rmtree(home.folder)
        if home.is_elsewhere:
            shutil.rmtree(folder)


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unprepared(
            f"The embedded server cannot use {folder}: {error.strerror} ({error.filename}). Without it there "
            "is no practice database. Choose a folder that you may write in, or remove the cause."
        ) from error


def _home(folder: Path, bin_folder: Path | None) -> Home:
    folder = folder.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not is_closed(folder, os.geteuid(), to=0o022):
        raise Unprepared(
            f"The embedded server cannot keep its data in {folder}: it belongs to another user, or others "
            "may write in it, so that they could replace your data. Nothing was changed. Run the command as "
            "the folder's owner, take the others' right to write (chmod go-w), or choose another folder."
        )
    with _gate(folder):
        return find_home(folder, bin_folder.absolute() if bin_folder else None)


def _lock_file(path: Path) -> int:
    # 0600: whoever can open a lock file can lock it, and so keep every command waiting
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def _is_taken_alone(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _gate(folder: Path) -> Iterator[int]:
    give_up = time.monotonic() + PATIENCE["gate"]
    while time.monotonic() < give_up:
        with os.fdopen(_lock_file(folder / GATE)) as gate:
            # a file that remove() deleted while we waited guards nothing any more
            if _is_taken_alone(gate.fileno()) and os.fstat(gate.fileno()).st_nlink:
                yield gate.fileno()
                return
        time.sleep(0.02)
    raise Busy(
        f"Another command has been starting or stopping the embedded server in {folder} for two minutes. "
        "Nothing was done. Wait for that command or end it, and try again."
    )


def _leave(home: Home, users: int) -> None:
    with _gate(home.folder) as gate:
        if _is_taken_alone(users):
            _stop(home, gate)
        # before the gate opens: the next to leave would take us for a user, and nobody would stop the server
        fcntl.flock(users, fcntl.LOCK_UN)


def _stop(home: Home, gate: int) -> None:
    data = home.folder / "data"
    for mode in ("fast", "immediate"):
        if (data / "postmaster.pid").exists():
            home.call("pg_ctl", "stop", "-D", str(data), "-w", "-t", "30", "-m", mode, lock=gate)
    host = noted_socket_folder(home)
    if host and not _answers(host):
        shutil.rmtree(host, ignore_errors=True)  # the note stays: the next start takes the same name


def _running_server(home: Home, gate: int) -> Path:
    """Give the socket folder of the server, which is started if it does not run. The gate is held."""
    pid_file, host = home.folder / "data" / "postmaster.pid", noted_socket_folder(home)
    if host and _answers(host) and tail(pid_file).endswith("ready"):
        return host
    make_cluster(home, gate)
    if not host:
        host = new_socket_folder(home)
        pid_file.unlink(missing_ok=True)  # it tells of a time before a restart, or of what this is a copy of
    began, said = time.monotonic(), "nothing: it did not answer in time."
    while time.monotonic() < began + PATIENCE["start"]:
        waited = time.monotonic() - began
        if _answers(host):  # a command that was killed left the server starting, or stopping
            if tail(pid_file).endswith("ready"):
                return host
        elif waited > PATIENCE["silent"] or not _is_alive(pid_file):
            # The number noted is that of a dead server, or of a program that has been given it since. Should
            # the server be alive after all, its shared memory still keeps a second one away from the data.
            for leftover in (pid_file, host / f".s.PGSQL.{PORT}.lock"):
                leftover.unlink(missing_ok=True)
            code, said = _start(home, host)
            if code == 0:
                return host
            if waited > PATIENCE["failing"]:  # by now the last processes of a killed server are gone
                break
        time.sleep(0.05)
    raise Unprepared(
        f"The embedded server in {home.folder} did not start, so there is no practice database. PostgreSQL "
        f"said: {said} Remove the cause, or, where the data is not needed, delete {home.folder}."
    )


def _start(home: Home, host: Path) -> tuple[int, str]:
    # beside the data, not in it: the account that runs the server for root must not choose where root writes
    callers, owners = home.folder / "pg_hba.conf", home.folder / "pg_ident.conf"
    replace(callers, WHO_MAY_CONNECT, 0o644)
    replace(owners, f'owner "{home.account.our_name}" {OWNER}\n', 0o644)
    places = {"hba_file": callers, "ident_file": owners, "unix_socket_directories": host}
    options = shlex.join(f"--{name}={value}" for name, value in {**SETTINGS, **places}.items())
    data, log = home.folder / "data", home.folder / "data" / "server.log"
    log.unlink(missing_ok=True)
    where = ["-D", str(data), "-l", str(log)]
    code, said = home.call("pg_ctl", "start", *where, "-w", "-t", "60", "-o", options)
    return code, one_line(f"{said} {tail(log)}")


def _answers(host: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        return client.connect_ex(str(host / f".s.PGSQL.{PORT}")) == 0


def _is_alive(pid_file: Path) -> bool:
    number = tail(pid_file).partition("\n")[0]
    try:
        os.kill(int(number), 0)
    except PermissionError:
        return True
    except (ValueError, ProcessLookupError):
        return False
    return True
