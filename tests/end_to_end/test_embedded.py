"""The embedded server, tried with real servers in real processes: a double would share our beliefs about PostgreSQL.

Each test that can depend on who runs it runs twice: as the user of the test run, and as an ordinary user. When root
runs the tests these two differ, and a third user plays the stranger. When an ordinary user runs them there is no second
user to be had; then both runs are that user's, and the stranger is replaced by a look at what keeps strangers out:
the modes of the folders and the rules by which the server lets anyone in.
"""

from __future__ import annotations

import contextlib
import importlib.util
import multiprocessing
import os
import pwd
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import traceback
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import psycopg2
import pytest

from loader.embedded import remove, running
from loader.embedded_binaries import PACKAGE, PROGRAMS, copied_programs, wheel_folder
from loader.embedded_places import PLACE_NOTE, SOCKET_NOTE
from loader.errors import Busy, Unprepared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

IS_ROOT = os.geteuid() == 0
# the modules are in memory after a fork, also for a user who may not read the folders they came from
FORK = multiprocessing.get_context("fork")
ROOT_OF_PROJECT = Path(__file__).resolve().parents[2]
PLAIN = {"PATH": "/usr/bin:/bin"}


def uid_of(name: str) -> int:
    return pwd.getpwnam(name).pw_uid if IS_ROOT else os.geteuid()


def become(user: int) -> None:
    if user != os.geteuid():
        os.setgroups([])
        os.setgid(pwd.getpwuid(user).pw_gid)
        os.setuid(user)


def obey(
    orders: Connection, folder: Path, user: int, environment: dict[str, str], programs: Path | None
) -> None:
    """Be a command: share the server, answer SQL with what the settings alone lead to, until told to leave."""
    try:
        become(user)
        os.environ.clear()
        os.environ.update(environment)
        tempfile.tempdir = None
        with running(folder, programs) as server:
            os.environ.update(server.settings)
            orders.send(server.settings)
            while True:
                statement = orders.recv()
                if statement is None:
                    break
                try:
                    with psycopg.connect(connect_timeout=10) as connection:
                        done = connection.execute(statement)
                        orders.send(done.fetchall() if done.description else [])
                except psycopg.Error as error:
                    orders.send(error)
        orders.send("left")
    except BaseException as error:  # noqa: BLE001  whatever it is, the test has to see it
        error.args = (*error.args, traceback.format_exc())
        orders.send(error)
    os._exit(0)


class Command:
    """A command in a process of its own."""

    def __init__(
        self, folder: Path, user: int, environment: dict[str, str] | None = None, *, is_awaited: bool = True
    ) -> None:
        self.orders, theirs = FORK.Pipe()
        programs = lent_programs(user)
        self.process = FORK.Process(
            target=obey, args=(theirs, folder, user, PLAIN if environment is None else environment, programs)
        )
        self.process.start()
        theirs.close()
        self.settings: dict[str, str] = self.hear() if is_awaited else {}

    def hear(self) -> Any:
        assert self.orders.poll(60), "the command did not answer within a minute"
        said = self.orders.recv()
        if isinstance(said, BaseException):
            raise said
        return said

    def ask(self, statement: str) -> Any:
        self.orders.send(statement)
        return self.hear()

    def leave(self) -> None:
        self.orders.send(None)
        assert self.hear() == "left"
        self.gone()

    def kill(self) -> None:
        if self.process.pid and self.process.is_alive():
            self.process.kill()
        self.gone()

    def gone(self) -> None:
        self.process.join()
        self.process.close()
        self.orders.close()


LENT: list[Path] = []


def lent_programs(user: int) -> Path | None:
    """The wheel's own programs; but a readable copy where root keeps them in a folder that this user may not read."""
    if user == os.geteuid() or not IS_ROOT:
        return None
    if not LENT:
        parents = wheel_folder().parents
        if all(parent.stat().st_mode & stat.S_IXOTH for parent in parents):
            return None
        place = Path(tempfile.mkdtemp(prefix="kajabi-guard-lent-"))
        place.chmod(0o755)
        LENT.append(copied_programs(place))
    return LENT[0]


@pytest.fixture(scope="module", autouse=True)
def _lent() -> Iterator[None]:
    yield
    for programs in LENT:
        shutil.rmtree(programs.parents[3])


@pytest.fixture(params=["as who runs the tests", "as an ordinary user"])
def user(request: pytest.FixtureRequest) -> int:
    return os.geteuid() if request.param == "as who runs the tests" else uid_of("daemon")


@pytest.fixture
def ground(user: int) -> Iterator[Path]:
    """A folder of that user. Nothing may still run in it when the test is over."""
    ground = Path(tempfile.mkdtemp(prefix="kg-test-")).resolve()
    os.chown(ground, user, -1)
    try:
        yield ground
        left = [pid for note in all_pid_files(ground) if is_running(pid := int(note.read_text().split()[0]))]
        assert not left, "a server was left behind"
    finally:
        for note in all_pid_files(ground):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(note.read_text().split()[0]), signal.SIGQUIT)
        for note in ground.rglob(PLACE_NOTE):
            shutil.rmtree(note.read_text(), ignore_errors=True)
        shutil.rmtree(ground, ignore_errors=True)


def all_pid_files(ground: Path) -> list[Path]:
    places = [ground, *(Path(note.read_text()) for note in ground.rglob(PLACE_NOTE))]
    return [pid_file for place in places for pid_file in place.rglob("postmaster.pid")]


def home_of(folder: Path) -> Path:
    note = folder / PLACE_NOTE
    return Path(note.read_text()) if note.exists() else folder


def server_of(folder: Path) -> int:
    return int((home_of(folder) / "data" / "postmaster.pid").read_text().split()[0])


def is_running(pid: int) -> bool:
    """A zombie is dead: in a container there may be nobody to bury it."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc/self").exists()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def nothing_is_left(folder: Path, pid: int, host: str) -> None:
    assert not is_running(pid)
    assert not (home_of(folder) / "data" / "postmaster.pid").exists()
    assert not Path(host).exists()
    assert not (home_of(folder) / SOCKET_NOTE).exists()


@pytest.mark.parametrize(
    "name",
    [
        "a space",
        "it's",
        'a "quote", $(touch harm) and `touch harm`',
        "Büro 写",
        "long " + "x" * 60 + "/" + "y" * 60,
    ],
)
def test_a_server_runs_whatever_the_folder_is_called_and_however_long_its_path_is(
    ground: Path, user: int, name: str
) -> None:
    folder = ground / name / "server"
    command = Command(folder, user)
    assert command.ask("create extension citext") == []
    assert command.ask("select 'Bob'::citext = 'bOB', lower('ÀÉÖ'), current_setting('server_encoding')") == [
        (True, "àéö", "UTF8")
    ]
    assert len(os.fsencode(command.settings["PGHOST"])) < 90
    pid = server_of(folder)
    command.leave()
    nothing_is_left(folder, pid, command.settings["PGHOST"])
    assert not list(ROOT_OF_PROJECT.glob("harm"))
    assert not list(ground.rglob("harm"))


def test_a_path_of_more_than_107_bytes_is_really_tried(ground: Path) -> None:
    assert len(os.fsencode(ground / ("long " + "x" * 60) / ("y" * 60))) > 107


@pytest.mark.parametrize(
    "kind",
    [
        "LC_ALL is C",
        "LC_ALL is nonsense",
        "no XDG_RUNTIME_DIR",
        "an unwritable one",
        "an open one",
        "a missing one",
    ],
)
def test_a_server_runs_whatever_the_environment_is(ground: Path, user: int, kind: str) -> None:
    runtime = ground / "runtime"
    runtime.mkdir(mode=0o700)
    os.chown(runtime, user, -1)
    runtime.chmod({"an unwritable one": 0o500, "an open one": 0o755}.get(kind, 0o700))
    environment = {
        "LC_ALL is C": {"LC_ALL": "C", "XDG_RUNTIME_DIR": str(runtime)},
        "LC_ALL is nonsense": {"LC_ALL": "xx_YY.UTF-16", "LANG": "xx", "XDG_RUNTIME_DIR": str(runtime)},
        "no XDG_RUNTIME_DIR": {},
        "a missing one": {"XDG_RUNTIME_DIR": str(ground / "missing")},
    }.get(kind, {"XDG_RUNTIME_DIR": str(runtime)})
    # what a person may have set for other servers must lead neither the server nor its start astray
    foreign = {"PGDATA": "/nonexistent", "TZ": "Asia/Tokyo", "PGPORT": "1", "LD_LIBRARY_PATH": str(runtime)}
    command = Command(ground / "server", user, {**PLAIN, **foreign, **environment})
    assert command.ask("select lower('ÀÉÖ'), current_setting('TimeZone'), 'ä' > 'z' collate \"default\"") == [
        ("àéö", "UTC", True)
    ]
    if not (IS_ROOT and user == 0):  # root's server runs as another user, who may not come into root's folder
        assert (runtime in Path(command.settings["PGHOST"]).parents) == kind.startswith("LC_ALL")
    command.leave()


def test_four_commands_at_once_share_one_server_and_the_last_one_stops_it(ground: Path, user: int) -> None:
    folder = ground / "server"
    commands = [Command(folder, user, is_awaited=False) for _ in range(4)]
    for command in commands:
        command.settings = command.hear()
    assert len({command.settings["PGHOST"] for command in commands}) == 1
    starts = [command.ask("select pg_postmaster_start_time()") for command in commands]
    assert starts == [starts[0]] * 4
    pid = server_of(folder)
    for command in commands:
        assert command.ask("select 1") == [(1,)]
        command.leave()
    nothing_is_left(folder, pid, commands[0].settings["PGHOST"])


def test_commands_that_come_and_go_all_the_time_always_get_a_server_that_answers(
    ground: Path, user: int
) -> None:
    folder = ground / "server"
    Command(folder, user).leave()
    come_and_go = [FORK.Process(target=keep_coming, args=(folder, user, seed)) for seed in range(4)]
    for process in come_and_go:
        process.start()
    for process in come_and_go:
        process.join()
        assert process.exitcode == 0
        process.close()
    assert not (home_of(folder) / "data" / "postmaster.pid").exists()
    assert not (home_of(folder) / SOCKET_NOTE).exists()


def keep_coming(folder: Path, user: int, seed: int) -> None:
    become(user)
    chance = random.Random(seed)
    programs = lent_programs(user)
    for _ in range(6):
        with running(folder, programs) as server:
            settings = server.settings
            with psycopg.connect(
                host=settings["PGHOST"], user=settings["PGUSER"], dbname="postgres"
            ) as connection:
                connection.execute("select pg_sleep(%s)", [chance.choice([0, 0, 0.05])])
        time.sleep(chance.choice([0, 0, 0.05]))


def test_a_killed_command_leaves_a_server_that_the_next_one_uses_and_stops(ground: Path, user: int) -> None:
    folder = ground / "server"
    first = Command(folder, user)
    pid = server_of(folder)
    first.kill()
    assert is_running(pid)
    second = Command(folder, user)
    assert server_of(folder) == pid
    assert second.settings == first.settings
    assert second.ask("select 1") == [(1,)]
    second.leave()
    nothing_is_left(folder, pid, second.settings["PGHOST"])


def test_commands_killed_at_any_moment_of_start_and_stop_leave_nothing_that_the_next_cannot_use(
    ground: Path, user: int
) -> None:
    folder = ground / "server"
    chance = random.Random(20)
    for _ in range(8):
        command = Command(folder, user, is_awaited=False)  # the first ones die while the files are being made
        time.sleep(chance.uniform(0, 0.5))
        command.kill()
    for _ in range(6):
        command = Command(folder, user)
        assert command.ask("select 1") == [(1,)]
        command.orders.send(None)
        time.sleep(chance.uniform(0, 0.12))
        command.kill()
    last = Command(folder, user)
    assert last.ask("select 1") == [(1,)]
    pid = server_of(folder)
    last.leave()
    nothing_is_left(folder, pid, last.settings["PGHOST"])
    assert not list(home_of(folder).glob("making-*"))


def test_a_server_killed_under_a_command_is_started_again_with_all_it_had_confirmed(
    ground: Path, user: int
) -> None:
    folder = ground / "server"
    first = Command(folder, user)
    first.ask("create table kept as select 'yes' as word")
    pid = server_of(folder)
    os.kill(pid, signal.SIGKILL)
    began = time.monotonic()
    second = Command(folder, user)
    assert time.monotonic() - began < 10
    assert server_of(folder) != pid
    assert second.ask("select word from kept") == [("yes",)]
    assert first.ask("select word from kept") == [("yes",)], "the first command's settings still lead there"
    first.leave()
    pid = server_of(folder)
    second.leave()
    nothing_is_left(folder, pid, second.settings["PGHOST"])


def test_a_second_run_finds_the_data_of_the_first(ground: Path, user: int) -> None:
    folder = ground / "server"
    first = Command(folder, user)
    first.ask("create table kept as select 'yes' as word")
    first.leave()
    began = time.monotonic()
    second = Command(folder, user)
    assert time.monotonic() - began < 2
    assert second.ask("select word from kept") == [("yes",)]
    second.leave()


def test_a_copy_of_a_running_cluster_never_leads_to_the_original(ground: Path) -> None:
    """An ordinary user's data is in the folder itself, so that a copied project brings a copied cluster along."""
    user = uid_of("daemon")
    os.chown(ground, user, -1)
    original, copy = ground / "original", ground / "copy"
    first = Command(original, user)
    first.ask("create table kept as select 'original' as word")
    first.ask("checkpoint")
    shutil.copytree(original, copy, copy_function=copy_with_owner, ignore=lambda *_: set())
    for path in (copy, *copy.rglob("*")):
        os.chown(path, user, -1)
    second = Command(copy, user)
    assert second.settings["PGHOST"] != first.settings["PGHOST"]
    second.ask("update kept set word = 'copy'")
    second.leave()
    assert first.ask("select word from kept") == [("original",)]
    first.leave()


def copy_with_owner(source: str, target: str) -> str:
    return str(shutil.copy2(source, target))


def test_what_is_made_is_closed_to_others_and_what_was_there_keeps_its_permissions(
    ground: Path, user: int
) -> None:
    ground.chmod(0o755)
    parent = ground / "project"
    for existing, mode in ((parent, 0o750), (parent / "made by the person", 0o755)):
        existing.mkdir()
        existing.chmod(mode)
        os.chown(existing, user, -1)
    for folder in (parent / "made by the person", parent / "made by us" / "server"):
        command = Command(folder, user)
        home = home_of(folder)
        assert mode_of(home / "data") == 0o700
        assert mode_of(home / "data" / "server.log") == 0o600
        assert mode_of(Path(command.settings["PGHOST"])) == 0o700
        assert mode_of(Path(command.settings["PGHOST"]) / ".s.PGSQL.5432") == 0o700
        assert {mode_of(home / name) for name in ("gate.lock", "users.lock", SOCKET_NOTE)} == {0o600}
        if home != folder:  # the server's account passes through here, and can neither list nor write
            assert (mode_of(home), home.stat().st_uid) in {(0o711, 0), (0o700, user)}
        command.leave()
    assert mode_of(parent / "made by us" / "server") == 0o700
    assert [mode_of(path) for path in (ground, parent, parent / "made by the person")] == [
        0o755,
        0o750,
        0o755,
    ]


def test_a_folder_that_others_could_write_in_is_refused_and_left_as_it_is(ground: Path, user: int) -> None:
    folder = ground / "open"
    folder.mkdir()
    folder.chmod(0o777)
    os.chown(folder, user, -1)
    with pytest.raises(Unprepared, match="others may write in it") as refusal:
        Command(folder, user)
    assert str(folder) in str(refusal.value)
    assert mode_of(folder) == 0o777
    assert not list(folder.iterdir())


def test_a_folder_of_another_user_is_refused(ground: Path, user: int) -> None:
    folder = ground / "theirs"
    if IS_ROOT:
        folder.mkdir()
        os.chown(folder, uid_of("games"), -1)
    else:
        folder = Path("/")
    with pytest.raises(Unprepared, match="belongs to another user"):
        Command(folder, user)


def test_a_folder_that_cannot_be_made_is_refused_with_the_reason(ground: Path, user: int) -> None:
    (ground / "file").write_text("")
    with pytest.raises(Unprepared, match="Not a directory"):
        Command(ground / "file" / "server", user)


def connection_of(user: int, settings: dict[str, str]) -> str:
    """What another user's process gets to hear when it tries to connect; '' when it gets in."""
    mine, theirs = FORK.Pipe()

    def try_it() -> None:
        become(user)
        os.environ.clear()
        os.environ.update(settings)
        try:
            psycopg.connect(connect_timeout=10).close()
        except psycopg.Error as error:
            theirs.send(str(error))
        else:
            theirs.send("")
        os._exit(0)

    process = FORK.Process(target=try_it)
    process.start()
    assert mine.poll(60)
    said = str(mine.recv())
    process.join()
    process.close()
    mine.close()
    theirs.close()
    return said


def test_another_local_user_does_not_get_in_even_when_the_folders_stand_open(ground: Path, user: int) -> None:
    folder = ground / "server"
    command = Command(folder, user)
    rules = command.ask("select type, user_name, auth_method, options from pg_hba_file_rules")
    assert rules == [
        ("local", ["kajabi_guard"], "peer", ["map=owner"]),
        ("local", ["all"], "scram-sha-256", None),
    ]
    assert connection_of(user, command.settings) == ""
    host = Path(command.settings["PGHOST"])
    if IS_ROOT:
        stranger = uid_of("games")
        assert "Permission denied" in connection_of(stranger, command.settings)
        host.chmod(0o755)
        (host / ".s.PGSQL.5432").chmod(0o777)
        for name in {"games", "nobody"} - {pwd.getpwuid(user).pw_name}:  # root's server itself runs as nobody
            assert "Peer authentication failed" in connection_of(uid_of(name), command.settings)
        host.chmod(0o700)
    else:  # there is no second user to try it with: the mode and the rules above are what keeps others out
        assert mode_of(host) == 0o700
    command.leave()


def test_a_role_without_a_password_does_not_get_in_and_one_with_a_password_does(
    ground: Path, user: int
) -> None:
    command = Command(ground / "server", user)
    command.ask("create role without_password login superuser")
    command.ask("create role with_password login password 'correct'")
    for role, password, said in (
        ("without_password", "", "no password supplied"),
        ("without_password", "guess", "password authentication failed"),
        ("with_password", "wrong", "password authentication failed"),
        ("with_password", "correct", ""),
    ):
        heard = connection_of(user, {**command.settings, "PGUSER": role, "PGPASSWORD": password})
        assert said in heard
        assert bool(said) == bool(heard)
    command.leave()


def test_no_port_of_the_network_listens(ground: Path, user: int) -> None:
    command = Command(ground / "server", user)
    assert command.ask("show listen_addresses") == [("",)]
    if Path("/proc/net/tcp").exists():
        ours = {
            link for link in Path(f"/proc/{server_of(ground / 'server')}/fd").iterdir() if link.is_symlink()
        }
        sockets = {
            found[1] for link in ours if (found := re.match(r"socket:\[(\d+)\]", str(link.readlink())))
        }
        assert sockets, "the server has its own socket at least"
        tables = [Path("/proc/net") / name for name in ("tcp", "tcp6", "udp", "udp6")]
        lines = [
            line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]
        ]
        assert not [line for line in lines if line[9] in sockets]
    command.leave()


def test_dbt_s_driver_gets_in_with_the_same_settings_and_an_empty_password(ground: Path) -> None:
    folder = ground / "server"
    with contextlib.suppress(FileNotFoundError):
        os.chown(ground, os.geteuid(), -1)
    with running(folder) as server:
        settings = server.settings
        connection = psycopg2.connect(
            host=settings["PGHOST"],
            port=settings["PGPORT"],
            user=settings["PGUSER"],
            dbname="postgres",
            password="",
        )
        with connection.cursor() as cursor:
            cursor.execute("select current_user")
            assert cursor.fetchall() == [("kajabi_guard",)]
        connection.close()


SCRIPT = """
import subprocess, sys, time
from pathlib import Path
from loader.embedded import running
with running(Path(sys.argv[1])) as server:
    print("started", flush=True)
    try:
        time.sleep(0 if sys.argv[2] == "leave" else 60)
    except KeyboardInterrupt:
        import psycopg
        psycopg.connect(host=server.settings["PGHOST"], user=server.settings["PGUSER"], dbname="postgres").close()
        print("the server outlived Ctrl-C", flush=True)
print("left", flush=True)
"""


def script(folder: Path, what: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error", "-c", SCRIPT, str(folder), what],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT_OF_PROJECT,
        start_new_session=True,
    )


@pytest.fixture
def own_ground(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for note in tmp_path.rglob(PLACE_NOTE):
        shutil.rmtree(note.read_text(), ignore_errors=True)


def test_a_command_says_nothing_on_its_own_and_raises_no_warning(own_ground: Path) -> None:
    with script(own_ground / "server", "leave") as command:
        out, err = command.communicate(timeout=60)
    assert (out, err, command.returncode) == ("started\nleft\n", "", 0)


def test_the_server_holds_neither_the_output_nor_the_locks_of_a_command_that_is_killed(
    own_ground: Path,
) -> None:
    folder = own_ground / "server"
    with script(folder, "stay") as command:
        assert command.stdout
        assert command.stdout.readline() == "started\n"
        pid = server_of(folder)
        command.kill()
        # it ends only when nobody has the pipe any more: a pipeline would wait for the server for ever
        out, err = command.communicate(timeout=10)
    assert (out, err) == ("", "")
    assert is_running(pid)
    with running(folder):
        assert server_of(folder) == pid
    assert not is_running(pid)


def test_ctrl_c_reaches_the_command_and_not_the_server(own_ground: Path) -> None:
    folder = own_ground / "server"
    with script(folder, "stay") as command:
        assert command.stdout
        assert command.stdout.readline() == "started\n"
        pid = server_of(folder)
        os.killpg(command.pid, signal.SIGINT)
        out, err = command.communicate(timeout=60)
    assert (out, err, command.returncode) == ("the server outlived Ctrl-C\nleft\n", "", 0)
    assert not is_running(pid)


def test_a_command_that_fails_stops_the_server_and_keeps_its_own_error(own_ground: Path) -> None:
    pid = 0
    with pytest.raises(BlockingIOError, match="the command's own"), running(own_ground / "server"):
        pid = server_of(own_ground / "server")
        raise BlockingIOError("the command's own")
    assert not is_running(pid)


def test_two_uses_in_one_process_share_the_server(own_ground: Path) -> None:
    folder = own_ground / "server"
    with running(folder) as outer:
        with running(folder) as inner:
            assert inner == outer
        pid = server_of(folder)
        assert is_running(pid)
    assert not is_running(pid)


def test_what_an_error_quotes_does_not_get_into_the_log(ground: Path, user: int) -> None:
    command = Command(ground / "server", user)
    with pytest.raises(psycopg.Error, match=r"bob@example\.com"):
        command.ask("select 'bob@example.com'::int")
    with pytest.raises(psycopg.Error):
        command.ask("do $$ begin raise exception 'x' using detail = 'bob@example.com'; end $$")
    log = (home_of(ground / "server") / "data" / "server.log").read_text()
    assert "ready to accept connections" in log
    assert "bob" not in log
    command.leave()


def test_data_of_another_postgresql_version_is_refused_and_kept(ground: Path, user: int) -> None:
    folder = ground / "server"
    Command(folder, user).leave()
    version = home_of(folder) / "data" / "PG_VERSION"
    made_by = version.read_text()
    version.write_text("14\n")
    with pytest.raises(Unprepared, match="which PostgreSQL 14 made"):
        Command(folder, user)
    version.write_text(made_by)
    Command(folder, user).leave()


def test_another_installation_s_programs_can_be_used(own_ground: Path) -> None:
    place = Path(tempfile.mkdtemp(prefix="kg-test-"))
    try:
        place.chmod(0o755)
        programs = copied_programs(place)
        with running(own_ground / "server", programs) as server, socket.socket(socket.AF_UNIX) as client:
            client.connect(f"{server.settings['PGHOST']}/.s.PGSQL.{server.settings['PGPORT']}")
    finally:
        shutil.rmtree(place)


def test_a_package_without_programs_for_this_platform_is_refused_in_one_paragraph(
    own_ground: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = own_ground / PACKAGE
    empty.mkdir()
    found = ModuleSpec(PACKAGE, None, origin=str(empty / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: found)
    with (
        pytest.raises(Unprepared, match="has no initdb, pg_ctl, postgres for this platform") as refusal,
        running(own_ground / "server"),
    ):
        pass
    assert "--database-url" in str(refusal.value)
    assert "\n" not in str(refusal.value)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(Unprepared, match="is not installed"), running(own_ground / "server"):
        pass


def test_programs_that_do_not_run_here_are_refused_with_what_they_said(own_ground: Path) -> None:
    place = Path(tempfile.mkdtemp(prefix="kg-test-"))
    try:
        place.chmod(0o755)
        for name in PROGRAMS:
            (place / name).write_text("#!/bin/sh\necho wrong machine; exit 1\n")
            (place / name).chmod(0o755)
        with pytest.raises(Unprepared, match="wrong machine"), running(own_ground / "server", place):
            pass
    finally:
        shutil.rmtree(place)


def test_data_elsewhere_that_is_gone_is_not_replaced_by_an_empty_database(ground: Path, user: int) -> None:
    folder = ground / "a $ keeps data elsewhere for everybody"
    Command(folder, user).leave()
    assert home_of(folder) != folder
    shutil.rmtree(home_of(folder))
    with pytest.raises(Unprepared, match="data is gone"):
        Command(folder, user)


def test_remove_refuses_while_a_command_runs_and_then_deletes_everything(own_ground: Path) -> None:
    folder = own_ground / "server"
    command = Command(folder, os.geteuid())
    home = home_of(folder)
    with pytest.raises(Busy, match="in use by another command"):
        remove(folder)
    assert command.ask("select 1") == [(1,)]
    pid = server_of(folder)
    command.kill()
    remove(folder)
    assert not is_running(pid)
    assert not home.exists()
    assert not folder.exists()
    assert not Path(command.settings["PGHOST"]).exists()
    remove(folder)
