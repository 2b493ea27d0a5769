"""The parts of the benchmark: the link, the table, what is left out; and the README repeats the page. No database."""

from __future__ import annotations

import re
import socket
import sys
import threading
import time
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import page
import peers
import rounds
import weeks
from figures import (
    FIRST_FLOOR,
    FLOOR,
    HEADER,
    LINES,
    MILLION,
    NUMBERS,
    Must,
    Samples,
    markdown,
    not_held,
    spread,
    table,
)
from link import CHUNK, SOCKET, Link, Turn, busy, linked
from rounds import peers_for, scaled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

PROJECT = Path(__file__).resolve().parents[3]
PAGE = PROJECT / "docs" / "benchmarks.md"
README = PROJECT / "README.md"


@contextmanager
def server(folder: Path, answer: Callable[[socket.socket], None], clients: int) -> Iterator[dict[str, str]]:
    """A server that does with each of its clients what it is told to; yields the variables that lead to it."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, suppress(ConnectionError):  # whoever asked has gone
            answer(connection)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / SOCKET))
        listener.listen()
        threads = [threading.Thread(target=serve) for _ in range(clients)]
        for thread in threads:
            thread.start()
        yield {"PGHOST": str(folder)}
        for thread in threads:
            thread.join()


def echo(connection: socket.socket) -> None:
    """Answer every four bytes with the same, once they are all there."""
    while asked := receive(connection, 4):
        connection.sendall(asked)


def receive(connection: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size and (chunk := connection.recv(size - len(got))):
        got += chunk
    return got


def client(settings: dict[str, str]) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(Path(settings["PGHOST"]) / SOCKET))
    return connection


@contextmanager
def a_link(
    round_trip: float, answer: Callable[[socket.socket], None] = echo, clients: int = 1
) -> Iterator[tuple[Link, dict[str, str]]]:
    with (
        TemporaryDirectory(dir="/tmp") as folder,  # a socket's path must be short
        server(Path(folder), answer, clients) as settings,
        linked(settings, round_trip) as found,
    ):
        yield found


def test_the_link_counts_round_trips_and_not_what_is_said_in_one() -> None:
    with a_link(0.0, clients=2) as (link, settings), client(settings) as connection:
        for _ in range(3):
            connection.sendall(b"as")  # two pieces, one question
            connection.sendall(b"k ")
            assert receive(connection, 4) == b"ask "
        connection.sendall(b"no")  # never answered
        with client(settings) as other:
            other.sendall(b"more")
            assert receive(other, 4) == b"more"
        assert [turn.connection for turn in link.turns] == [1, 1, 1, 2]
        assert link.connections == 2


def test_the_link_is_never_faster_than_it_says() -> None:
    with a_link(0.05) as (_, settings), client(settings) as connection:
        began = time.perf_counter()
        for _ in range(3):
            connection.sendall(b"ask ")
            receive(connection, 4)
        assert time.perf_counter() - began >= 4 * 0.05, "three questions, and one round trip to open the connection"


def test_the_link_delays_a_long_answer_once_and_keeps_its_order() -> None:
    long = b"".join(number.to_bytes(4, "big") for number in range(40 * CHUNK // 4))

    def answer(connection: socket.socket) -> None:
        receive(connection, 4)
        connection.sendall(long)

    with a_link(0.5, answer) as (_, settings), client(settings) as connection:
        began = time.perf_counter()
        connection.sendall(b"ask ")
        assert receive(connection, len(long)) == long
        assert time.perf_counter() - began < 8, "forty chunks: one after another they would be ten seconds late"


def test_the_server_is_busy_once_however_many_wait_for_it() -> None:
    turns = [Turn(1, 1.0, 3.0), Turn(2, 2.0, 4.0), Turn(1, 3.5, 3.6), Turn(2, 6.0, 9.0)]
    assert busy(turns, 0.0, 10.0) == 6.0
    assert busy(turns, 2.5, 7.0) == 2.5
    assert busy([], 0.0, 1.0) == 0.0


def samples(contacts: int, **of: list[float]) -> Samples:
    return Samples(contacts, {name.replace("_", " "): found for name, found in of.items()})


def test_the_table_has_medians_the_spread_and_ratios_of_the_same_run() -> None:
    found = samples(100_000, load=[2.0, 3.0, 40.0], copy=[1.0, 1.0, 10.0])
    (load, copy) = table([found])
    assert load[2:] == ("3.00 s (2.00 to 40.0)", "3.0", "COPY", "at most 2.5 times", "no")
    assert copy[2:] == ("1.00 s (1.00 to 10.0)", "", "", "", "")
    assert not_held([found]) == [f"100,000: {load[1]} (3.00 s (2.00 to 40.0); 3.0)"]


def test_a_plan_is_measured_against_dbt_itself_and_three_times_the_bare_merge() -> None:
    found = samples(100_000, plan=[9.0], trivial=[5.0], merge=[1.0])
    (plan, *_) = table([found])
    assert plan[2:] == ("9.00 s", "1.1", "dbt itself and 3 MERGE", "at most 12 s, at most 1.5 times", "yes")
    assert found.of[FLOOR] == [8.0]


def test_a_limit_counts_at_its_sizes_only() -> None:
    assert [row[5:] for row in table([samples(500, writer_waits=[9.0])])] == [("", "")]
    assert [row[5:] for row in table([samples(MILLION, writer_waits=[9.0])])] == [("at most 5 s", "no")]


def test_a_limit_that_needs_a_baseline_is_not_judged_without_one() -> None:
    assert [row[3:] for row in table([samples(6_555, load=[1.0])])] == [("", "", "at most 2.5 times", "")]


def test_what_was_not_measured_says_why_or_is_left_out() -> None:
    found = samples(500, copy=[1.0])
    found.notes["dlt"] = peers.NOT_INSTALLED
    assert [row[2] for row in table([found])] == ["1.00 s", "not measured: could not be installed"]


def test_every_name_that_a_line_is_compared_with_is_measured_or_made_of_what_is() -> None:
    names = {line.name for line in LINES}
    assert {line.baseline for line in LINES if line.baseline} <= names | {FLOOR, FIRST_FLOOR}
    assert set(peers.PEERS) <= names
    assert set(page.STEPS) <= names


def test_limits_read_as_what_they_are() -> None:
    assert Must(most=0.2).as_text("s") == "at most 0.2 s"
    assert Must(least=15, is_ratio=True).as_text("s") == "at least 15 times"
    assert Must(least=15).holds(15)
    assert not Must(least=15).holds(14.9)
    assert spread([1234.5], "MB") == "1,234 MB"


def test_the_time_of_a_sample_of_rows_is_scaled_and_says_so() -> None:
    found = samples(6_555)
    assert scaled(found, "row by row", 10.0, 500, 5_000) == 100.0
    assert found.notes == {"row by row": "from 500 of 5,000 rows, scaled"}
    assert scaled(found, "other", 10.0, 500, 500) == 10.0
    assert "other" not in found.notes


def test_a_peer_that_would_need_too_long_is_left_out_and_so_is_one_that_failed() -> None:
    smaller = samples(1_000, csvsql=[1.0], dlt=[peers.CAP])
    smaller.notes["pandas.to_sql"], smaller.notes["dbt seed"] = "not measured: 5 of 6 rows arrived", "stopped after 1 s"
    measured, notes = peers_for([smaller], 10_000, {})
    assert measured == ("csvsql",)
    too_long = f"not measured: would need more than {peers.CAP:.0f} s"
    assert notes == {"pandas.to_sql": "not measured: it failed with fewer", "dlt": too_long, "dbt seed": too_long}
    assert peers_for([], 10_000, {}) == (peers.PEERS, {})


def test_peers_that_could_not_be_installed_do_not_stop_the_rest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(peers, "PLACE", tmp_path / "peers")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    missing = peers.install()
    assert peers_for([], 500, missing) == (("dbt seed",), missing), "it needs nothing that is not here"
    assert set(missing.values()) == {"not measured: could not be installed"}


def test_the_phases_of_a_week_add_up() -> None:
    found: weeks.Phases = {
        ("weekly", "load"): weeks.Phase([1.0, 2.0, 9.0], [0.5, 0.5, 0.5], [16, 16, 16], [2.0, 2.0, 2.0]),
        ("weekly", "report"): weeks.Phase([3.0, 1.0, 1.0], [0.0, 0.0, 0.0], [40, 41, 41], [4.0, 4.0, 4.0]),
    }
    assert weeks.table(found) == [
        ("`weekly`", "load", "2.00", "0.50", "16", "2.00"),
        ("`weekly`", "report", "1.00", "0.00", "41", "4.00"),
        ("`weekly`", "**all of it**", "4.00", "0.50", "57", "6.00"),
    ]


def test_a_table_stands_in_columns() -> None:
    assert markdown(("a", "long"), [("1", "x"), ("22", "y")], (0,)).splitlines() == [
        "|  a | long |",
        "|---:|------|",
        "|  1 | x    |",
        "| 22 | y    |",
    ]


def cells(text: str, first: str) -> list[list[str]]:
    """The rows of the table whose header line begins like this, the header first."""
    (lines,) = re.findall(rf"(?m)^\| *{first} +\|.*\n(?:\|.*\n)+", text)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines.strip().split("\n")]
    return [rows[0], *rows[2:]]


def test_the_figures_of_the_readme_are_those_of_the_page() -> None:
    (_, *steps), *rows = cells(README.read_text(encoding="utf-8"), r" *contacts +\| `load`")
    header, *lines = cells(PAGE.read_text(encoding="utf-8"), "contacts")
    assert tuple(header) == HEADER
    medians = {(line[0], line[1]): line[2].partition(" (")[0] for line in lines}
    texts = {f"`{name}`": next(line.text for line in LINES if line.name == name) for name in page.STEPS}
    assert [row[0] for row in rows] == list(dict.fromkeys(line[0] for line in lines))
    for contacts, *found in rows:
        assert found == [medians[contacts, texts[step]] for step in steps], contacts


def test_a_run_writes_the_page_and_the_table_of_the_readme(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    readme = README.read_text(encoding="utf-8")
    (tmp_path / "README.md").write_text(readme, encoding="utf-8")
    monkeypatch.setattr(page, "README", tmp_path / "README.md")
    monkeypatch.setattr(page, "PAGE", tmp_path / "benchmarks.md")
    found = samples(500, load=[1.0], plan=[2.0], report=[3.0], apply=[4.0])
    page.write(page.Outcome(seed=1, samples=[found], runs=[1]), "the page")
    assert (tmp_path / "benchmarks.md").read_text(encoding="utf-8") == "the page"
    written = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert cells(written, r" *contacts +\| `load`")[1:] == [["500", "1.00 s", "2.00 s", "3.00 s", "4.00 s"]]
    apart = page.IN_THE_README.sub("", written)
    assert apart == page.IN_THE_README.sub("", readme), "nothing else of the README moves"


def test_the_page_says_by_which_command_it_was_made_and_no_name_of_the_machine() -> None:
    found = samples(500, load=[1.0])
    outcome = page.Outcome(seed=7, server="PostgreSQL 15", samples=[found], runs=[2])
    text = page.make(outcome, "scripts/bench --sizes 500", datetime(2026, 1, 2, tzinfo=timezone.utc))
    assert "Made by `scripts/bench --sizes 500` on 2026-01-02" in text
    assert "500 contacts (2 runs); seed 7." in text
    assert "Not measured in this run." in text
    assert socket.gethostname() not in text


def test_headers_and_number_columns_belong_together() -> None:
    assert max(NUMBERS) < len(HEADER)
    assert max(weeks.NUMBERS) < len(weeks.HEADER)
    assert rounds.SAMPLE > weeks.SAMPLE
