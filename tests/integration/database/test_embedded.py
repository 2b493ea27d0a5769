"""The embedded server, tried with real servers and processes: a double would share our beliefs about PostgreSQL.

Each test that can depend on who runs it runs twice: as root, and as an ordinary user. Only root can be both, and has
a third user to play the stranger; for everybody else the tests of root and of strangers are left out. What keeps
strangers out, the modes of the folders and the rules by which the server lets anyone in, is looked at by all.
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
import psycopg2  # type: ignore[import-untyped]
import pytest

from loader.common.errors import Busy, Unprepared
from loader.database.embedded.binaries import PACKAGE, PROGRAMS, copied_programs, wheel_folder
from loader.database.embedded.places import PLACE_NOTE, SOCKET_NOTE
from loader.database.embedded.server import PATIENCE, remove, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

IS_ROOT = os.geteuid() == 0
# the modules are in memory after a fork, also for a user who may not read the folders they came from
FORK = multiprocessing.get_context("fork")
ROOT_OF_PROJECT = Path(__file__).resolve().parents[3]
PLAIN = {"PATH": "/usr/bin:/bin"}
AWAITED = 240.0  # seconds until what hangs is a failure; a busy machine is no failure


def uid_of(name: str) -> int:
    return pwd.getpwnam(name).pw_uid if IS_ROOT else os.geteuid()


def become(user: int) -> None:
    if user != os.geteuid():
        os.setgroups([])
        os.setgid(pwd.getpwuid(user).pw_gid)
        os.setuid(user)


def obey(orders: Connection, folder: Path, user: int, environment: dict[str, str], programs: Path | None) -> None:
    """Be a command: share the server, answer SQL by what the settings alone lead to, until told to leave."""
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
                    with psycopg.connect(connect_timeout=60) as connection:
                        done = connection.execute(statement)
                        rows = done.fetchall() if done.description else []
                except psycopg.Error as error:
                    orders.send(error)
                else:
                    orders.send(rows)
        orders.send("left")
    except BaseException as error:  # noqa: BLE001  whatever it is, the test has to see it
        error.args = (*error.args, traceback.format_exc())
        orders.send(error)
    os._exit(0)


COMMANDS: list[Command] = []


class Command:
    """A command in a process of its own."""

    def __init__(
        self, folder: Path, user: int, environment: dict[str, str] | None = None, *, is_awaited: bool = True
    ) -> None:
        self.orders, theirs = FORK.Pipe()
        programs = lent_programs(user)
        self.process = FORK.Process(
            target=obey,
            args=(theirs, folder, user, PLAIN if environment is None else environment, programs),
            daemon=True,
        )
        self.process.start()
        COMMANDS.append(self)
        theirs.close()
        self.settings: dict[str, str] = self.hear() if is_awaited else {}

    def hear(self) -> Any:
        assert self.orders.poll(AWAITED), "the command did not answer"
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
        self.process.kill()
        self.gone()

    def gone(self) -> None:
        COMMANDS.remove(self)
        self.process.join()
        self.process.close()
        self.orders.close()


LENT: list[Path] = []


def lent_programs(user: int) -> Path | None:
    """Give a readable copy of the programs where root keeps them in a folder that this user may not read."""
    if user == os.geteuid():
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


@pytest.fixture(params=[pytest.param("as root", marks=pytest.mark.as_root), "as an ordinary user"])
def user(request: pytest.FixtureRequest) -> int:
    return 0 if request.param == "as root" else uid_of("daemon")


@pytest.fixture
def ground(user: int) -> Iterator[Path]:
    """A new folder of that user."""
    ground = new_ground(user)
    try:
        yield ground
        nothing_may_run_in(ground)
    finally:
        clear(ground)


OWN = [
    pytest.param("as root", marks=pytest.mark.as_root),
    pytest.param("as an ordinary user", marks=pytest.mark.as_ordinary_user),
]


@pytest.fixture(params=OWN)
def own_ground() -> Iterator[Path]:
    """A new folder of the user who runs the tests."""
    ground = new_ground(os.geteuid())
    try:
        yield ground
        nothing_may_run_in(ground)
    finally:
        clear(ground)


@pytest.fixture(scope="module")
def made() -> Iterator[dict[int, Path]]:
    """Clusters that are there already, by user: for tests of what comes after, which need no new one."""
    made: dict[int, Path] = {}
    yield made
    for folder in made.values():
        clear(folder.parent)


@pytest.fixture
def folder(user: int, made: dict[int, Path]) -> Iterator[Path]:
    """The folder of a cluster of that user that is there already."""
    if user not in made:
        made[user] = new_ground(user) / "server"
        Command(made[user], user).leave()
    yield made[user]
    nothing_may_run_in(made[user].parent)


@pytest.fixture(params=OWN)
def own_folder(made: dict[int, Path]) -> Iterator[Path]:
    """The same, of the user who runs the tests."""
    user = os.geteuid()
    if user not in made:
        made[user] = new_ground(user) / "server"
        Command(made[user], user).leave()
    yield made[user]
    nothing_may_run_in(made[user].parent)


def new_ground(user: int) -> Path:
    ground = Path(tempfile.mkdtemp(prefix="kg-test-")).resolve()
    os.chown(ground, user, -1)
    return ground


def nothing_may_run_in(ground: Path) -> None:
    left = [pid for note in all_pid_files(ground) if is_running(pid := int(note.read_text().split()[0]))]
    for command in COMMANDS.copy():
        command.kill()
    for pid in left:
        os.kill(pid, signal.SIGQUIT)
    assert not left, "a server was left behind"


def clear(ground: Path) -> None:
    with contextlib.suppress(AssertionError):
        nothing_may_run_in(ground)
    for note in list(ground.rglob(PLACE_NOTE)):
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
    """Tell whether this server lives. A zombie is dead: in a container there may be nobody to bury it."""
    try:
        os.kill(pid, 0)
        name, _, state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    return name.endswith("(postgres") and state.split()[0] != "Z"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def nothing_is_left(folder: Path, pid: int, host: str) -> None:
    assert not is_running(pid)
    assert not (home_of(folder) / "data" / "postmaster.pid").exists()
    assert not Path(host).exists()


LONG = "long " + "x" * 60 + "/" + "y" * 60


@pytest.mark.parametrize("name", ["it's a Büro 写", 'a "quote", $(touch harm) and `touch harm`', LONG])
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
    if name == LONG:
        assert len(os.fsencode(folder)) > 107
    pid = server_of(folder)
    command.leave()
    nothing_is_left(folder, pid, command.settings["PGHOST"])
    assert not [path for place in (ROOT_OF_PROJECT, Path("/"), Path.cwd()) for path in place.glob("harm")]
    assert not list(ground.rglob("harm"))


def test_a_server_runs_whatever_the_environment_is(ground: Path, user: int) -> None:
    runtime = ground / "runtime"
    runtime.mkdir()
    os.chown(runtime, user, -1)
    # what a person may have set for other servers must lead neither the server nor its start astray
    foreign = {"PGDATA": "/nonexistent", "TZ": "Asia/Tokyo", "PGPORT": "1", "LD_LIBRARY_PATH": str(runtime)}
    there = {"XDG_RUNTIME_DIR": str(runtime)}
    for kind, mode, environment in (
        ("LC_ALL is C", 0o700, {"LC_ALL": "C", **there}),
        ("LC_ALL is nonsense", 0o700, {"LC_ALL": "xx_YY.UTF-16", "LANG": "xx", **there}),
        ("XDG_RUNTIME_DIR is not set", 0o700, {}),
        ("XDG_RUNTIME_DIR is missing", 0o700, {"XDG_RUNTIME_DIR": str(ground / "missing")}),
        ("XDG_RUNTIME_DIR is not writable", 0o500, there),
        ("XDG_RUNTIME_DIR is open to others", 0o755, there),
        ("TMPDIR is too long for a socket", 0o500, {"TMPDIR": str(ground / ("t" * 90)), **there}),
    ):
        runtime.chmod(mode)
        command = Command(ground / "server", user, {**PLAIN, **foreign, **environment})
        answer = command.ask("select lower('ÀÉÖ'), current_setting('TimeZone')")
        assert answer == [("àéö", "UTC")], kind
        if user != 0:  # root's server runs as somebody else, who may not come into root's folder
            assert (runtime in Path(command.settings["PGHOST"]).parents) == kind.startswith("LC_ALL"), kind
        assert mode_of(runtime) == mode, kind
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


def test_the_next_start_has_the_same_address_unless_somebody_has_taken_it(folder: Path, user: int) -> None:
    """dbt parses the whole project again for another address: a second plan would take as long as the first."""
    hosts = []
    for _ in range(2):
        command = Command(folder, user)
        hosts.append(command.settings["PGHOST"])
        command.leave()
    assert hosts[0] == hosts[1]
    taken = Path(hosts[0])
    taken.mkdir()
    try:
        command = Command(folder, user)
        assert command.ask("select 1") == [(1,)]
        assert command.settings["PGHOST"] != hosts[0]
        command.leave()
        assert list(taken.iterdir()) == []
    finally:
        taken.rmdir()


def test_commands_that_come_and_go_all_the_time_always_get_a_server_that_answers(folder: Path, user: int) -> None:
    come_and_go = [
        FORK.Process(target=keep_coming, args=(folder, user, lent_programs(user), seed)) for seed in range(4)
    ]
    for process in come_and_go:
        process.start()
    for process in come_and_go:
        process.join()
        assert process.exitcode == 0
        process.close()
    assert not (home_of(folder) / "data" / "postmaster.pid").exists()
    assert not Path((home_of(folder) / SOCKET_NOTE).read_text().partition(" ")[2]).exists()


def keep_coming(folder: Path, user: int, programs: Path | None, seed: int) -> None:
    become(user)
    chance = random.Random(seed)
    for _ in range(5):
        with running(folder, programs) as server:
            settings = server.settings
            with psycopg.connect(host=settings["PGHOST"], user=settings["PGUSER"], dbname="postgres") as connection:
                connection.execute("select pg_sleep(%s)", [chance.choice([0, 0, 0.05])])
        time.sleep(chance.choice([0, 0, 0.05]))


def test_a_killed_command_leaves_a_server_that_the_next_one_uses_and_stops(folder: Path, user: int) -> None:
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
    ground.chmod(0o711)
    temporary = ground / "tmp"
    temporary.mkdir()
    temporary.chmod(0o1777)
    environment = {**PLAIN, "TMPDIR": str(temporary)}
    folder = temporary / "server"
    chance = random.Random(20)
    for _ in range(4):
        command = Command(
            folder, user, environment, is_awaited=False
        )  # the first ones die while the files are being made
        time.sleep(chance.uniform(0, 0.6))
        command.kill()
    for _ in range(4):
        command = Command(folder, user, environment)
        assert command.ask("select 1") == [(1,)]
        command.orders.send(None)
        time.sleep(chance.uniform(0, 0.12))
        command.kill()
    last = Command(folder, user, environment)
    assert last.ask("select 1") == [(1,)]
    pid = server_of(folder)
    last.leave()
    nothing_is_left(folder, pid, last.settings["PGHOST"])
    home = home_of(folder)
    assert not [*home.glob("making-*"), *home.glob("copying-*"), *home.glob("kajabi-guard-*")]
    others = [path for path in temporary.iterdir() if path not in {folder, home}]
    assert not [path for path in others if any(path.iterdir())], "something is left that nobody will find"


def test_a_server_killed_under_a_command_is_started_again_with_all_it_had_confirmed(folder: Path, user: int) -> None:
    first = Command(folder, user)
    first.ask("drop table if exists confirmed; create table confirmed as select 'yes' as word")
    pid = server_of(folder)
    os.kill(pid, signal.SIGKILL)
    give_up = time.monotonic() + AWAITED
    while is_running(pid):  # a busy machine takes a moment to end it
        assert time.monotonic() < give_up
        time.sleep(0.01)
    second = Command(folder, user)
    assert server_of(folder) != pid
    assert second.ask("select word from confirmed") == [("yes",)]
    assert first.ask("select word from confirmed") == [("yes",)], "the first command's settings still lead there"
    first.leave()
    pid = server_of(folder)
    second.leave()
    nothing_is_left(folder, pid, second.settings["PGHOST"])


def test_a_second_run_finds_the_data_of_the_first_without_waiting(
    ground: Path, user: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ground / "server"
    first = Command(folder, user)
    first.ask("create table kept as select 'yes' as word")
    first.leave()
    monkeypatch.setitem(PATIENCE, "silent", PATIENCE["start"])  # who waits for a sign of life comes to no server
    second = Command(folder, user)
    assert second.ask("select word from kept") == [("yes",)]
    second.leave()


def test_a_copy_of_a_running_cluster_never_leads_to_the_original(own_ground: Path) -> None:
    """The data of an ordinary user is in the folder itself, so that a copied project brings a copied cluster."""
    user = uid_of("daemon")
    os.chown(own_ground, user, -1)
    original, copy = own_ground / "original", own_ground / "copy"
    first = Command(original, user)
    first.ask("create table kept as select 'original' as word")
    first.ask("checkpoint")
    shutil.copytree(original, copy)
    for path in (copy, *copy.rglob("*")):
        os.chown(path, user, -1)
    second = Command(copy, user)
    assert second.settings["PGHOST"] != first.settings["PGHOST"]
    second.ask("update kept set word = 'copy'")
    second.leave()
    assert first.ask("select word from kept") == [("original",)]
    first.leave()


def test_what_is_made_is_closed_to_others_and_what_was_there_keeps_its_permissions(ground: Path, user: int) -> None:
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


@pytest.mark.as_root
def test_a_folder_of_another_user_is_refused(ground: Path, user: int) -> None:
    folder = ground / "theirs"
    folder.mkdir()
    os.chown(folder, uid_of("games"), -1)
    with pytest.raises(Unprepared, match="belongs to another user"):
        Command(folder, user)


@pytest.mark.as_ordinary_user
def test_a_folder_of_the_system_is_refused() -> None:
    with pytest.raises(Unprepared, match="belongs to another user"):
        Command(Path("/"), os.geteuid())
    COMMANDS[-1].gone()


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
            psycopg.connect(connect_timeout=60).close()
        except psycopg.Error as error:
            theirs.send(str(error))
        else:
            theirs.send("")
        os._exit(0)

    process = FORK.Process(target=try_it)
    process.start()
    assert mine.poll(AWAITED)
    said = str(mine.recv())
    process.join()
    process.close()
    mine.close()
    theirs.close()
    return said


def test_only_the_owner_is_let_in_without_a_password_and_the_folder_is_closed_to_others(
    folder: Path, user: int
) -> None:
    command = Command(folder, user)
    rules = command.ask("select type, user_name, auth_method, options from pg_hba_file_rules")
    assert rules == [
        ("local", ["kajabi_guard"], "peer", ["map=owner"]),
        ("local", ["all"], "scram-sha-256", None),
    ]
    assert connection_of(user, command.settings) == ""
    assert mode_of(Path(command.settings["PGHOST"])) == 0o700
    command.leave()


@pytest.mark.as_root
def test_another_local_user_does_not_get_in_even_when_the_folders_stand_open(folder: Path, user: int) -> None:
    command = Command(folder, user)
    host = Path(command.settings["PGHOST"])
    assert "Permission denied" in connection_of(uid_of("games"), command.settings)
    host.chmod(0o755)
    (host / ".s.PGSQL.5432").chmod(0o777)
    for name in ("games", "nobody"):  # root's server itself runs as nobody
        assert "Peer authentication failed" in connection_of(uid_of(name), command.settings)
    host.chmod(0o700)
    command.leave()


def test_a_role_without_a_password_does_not_get_in_and_one_with_a_password_does(own_folder: Path) -> None:
    command = Command(own_folder, os.geteuid())
    command.ask("create role without_password login superuser")
    command.ask("create role with_password login password 'correct'")
    for role, password, said in (
        ("without_password", "", "no password supplied"),
        ("without_password", "guess", "password authentication failed"),
        ("with_password", "wrong", "password authentication failed"),
        ("with_password", "correct", ""),
    ):
        heard = connection_of(os.geteuid(), {**command.settings, "PGUSER": role, "PGPASSWORD": password})
        assert said in heard
        assert bool(said) == bool(heard)
    command.leave()


def test_no_port_of_the_network_listens(own_folder: Path) -> None:
    command = Command(own_folder, os.geteuid())
    assert command.ask("show listen_addresses") == [("",)]
    if Path("/proc/net/tcp").exists():
        ours = {link for link in Path(f"/proc/{server_of(own_folder)}/fd").iterdir() if link.is_symlink()}
        sockets = {found[1] for link in ours if (found := re.match(r"socket:\[(\d+)\]", str(link.readlink())))}
        assert sockets, "the server has its own socket at least"
        tables = [Path("/proc/net") / name for name in ("tcp", "tcp6", "udp", "udp6")]
        lines = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
        assert not [line for line in lines if line[9] in sockets]
    command.leave()


def test_dbt_s_driver_gets_in_with_the_same_settings_and_an_empty_password(own_folder: Path) -> None:
    with running(own_folder) as server:
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
import signal, sys, time
from pathlib import Path
from loader.database.embedded.server import running
# as a terminal starts it: what runs in the background of a shell would not hear Ctrl-C
signal.signal(signal.SIGINT, signal.default_int_handler)
with running(Path(sys.argv[1])) as server:
    try:
        print("started", flush=True)
        time.sleep(0 if sys.argv[2] == "leave" else 240)
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


def test_a_command_says_nothing_on_its_own_and_raises_no_warning(own_folder: Path) -> None:
    with script(own_folder, "leave") as command:
        out, err = command.communicate(timeout=AWAITED)
    assert (out, err, command.returncode) == ("started\nleft\n", "", 0)


def test_the_server_holds_neither_the_output_nor_the_locks_of_a_command_that_is_killed(
    own_folder: Path,
) -> None:
    with script(own_folder, "stay") as command:
        assert command.stdout
        assert command.stdout.readline() == "started\n"
        pid = server_of(own_folder)
        command.kill()
        # it ends only when nobody has the pipe any more: a pipeline would wait for the server for ever
        out, err = command.communicate(timeout=AWAITED)
    assert (out, err) == ("", "")
    assert is_running(pid)
    with running(own_folder):
        assert server_of(own_folder) == pid
    assert not is_running(pid)


def test_ctrl_c_reaches_the_command_and_not_the_server(own_folder: Path) -> None:
    with script(own_folder, "stay") as command:
        assert command.stdout
        assert command.stdout.readline() == "started\n"
        pid = server_of(own_folder)
        os.killpg(command.pid, signal.SIGINT)
        out, err = command.communicate(timeout=AWAITED)
    assert (out, err, command.returncode) == ("the server outlived Ctrl-C\nleft\n", "", 0)
    assert not is_running(pid)


def test_a_command_that_fails_stops_the_server_and_keeps_its_own_error(own_folder: Path) -> None:
    pids = []

    def fail() -> None:
        with running(own_folder):
            pids.append(server_of(own_folder))
            raise BlockingIOError("the command's own")

    with pytest.raises(BlockingIOError, match="the command's own"):
        fail()
    assert not is_running(pids[0])


def test_two_uses_in_one_process_share_the_server(own_folder: Path) -> None:
    with running(own_folder) as outer:
        with running(own_folder) as inner:
            assert inner == outer
        pid = server_of(own_folder)
        assert is_running(pid)
    assert not is_running(pid)


def test_what_an_error_quotes_does_not_get_into_the_log(own_folder: Path) -> None:
    command = Command(own_folder, os.geteuid())
    with pytest.raises(psycopg.Error, match=r"bob@example\.com"):
        command.ask("select 'bob@example.com'::int")
    with pytest.raises(psycopg.Error):
        command.ask("do $$ begin raise exception 'x' using detail = 'bob@example.com'; end $$")
    log = (home_of(own_folder) / "data" / "server.log").read_text()
    assert "ready to accept connections" in log
    assert "bob" not in log
    command.leave()


def test_data_of_another_postgresql_version_is_refused_and_kept(own_folder: Path) -> None:
    Command(own_folder, os.geteuid()).leave()
    version = home_of(own_folder) / "data" / "PG_VERSION"
    made_by = version.read_text()
    version.write_text("14\n")
    with pytest.raises(Unprepared, match="which PostgreSQL 14 made"):
        Command(own_folder, os.geteuid())
    version.write_text(made_by)
    Command(own_folder, os.geteuid()).leave()


def test_a_server_that_does_not_start_is_refused_in_one_paragraph_with_its_reason(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PATIENCE, "failing", 0.0)
    needed = home_of(own_folder) / "data" / "global" / "pg_control"
    needed.rename(needed.with_name("gone"))
    with pytest.raises(Unprepared, match=r"did not start.*pg_control.*delete") as refusal, running(own_folder):
        pass
    assert "\n" not in str(refusal.value)
    needed.with_name("gone").rename(needed)
    with running(own_folder):
        assert is_running(server_of(own_folder))


def test_another_installation_s_programs_can_be_used(own_ground: Path) -> None:
    place = Path(tempfile.mkdtemp(prefix="kg-test-"))
    try:
        place.chmod(0o755)
        with running(own_ground / "server", copied_programs(place)) as server:
            pid = server_of(own_ground / "server")
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(f"{server.settings['PGHOST']}/.s.PGSQL.{server.settings['PGPORT']}")
        assert not is_running(pid)
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
