"""A slow link to the server on one machine: a proxy between two sockets that delays, and never narrows.

Every chunk carries the moment at which it may go on, so that a long answer is late by the delay once and not once a
chunk. The proxy also sees who speaks: a client that speaks after the server has spoken, or at first, and gets an answer
has waited for a round trip. Those are counted, not timed.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 16
SOCKET = ".s.PGSQL.5432"


@dataclass
class Turn:
    """The client asked and the server answered: when, on which connection. ``answered`` is 0 where nothing came."""

    connection: int
    asked: float
    answered: float = 0.0


class Link:
    """A proxy to the socket file ``server``, listening on a socket file of its own, ``host``.

    ``round_trip`` is in seconds: half of it is waited in each direction, and opening a connection takes one round trip
    more, as it does over TCP. TLS and a password would take more of them and are not imitated.
    """

    def __init__(self, server: Path, host: Path, round_trip: float) -> None:
        """Listen at once, until ``close``."""
        self.server, self.round_trip = server, round_trip
        self.connections = 0
        self._turns: list[Turn] = []
        self._last: dict[int, Turn] = {}
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(host))
        self._listener.listen(64)
        self._listener.settimeout(0.1)  # to look whether it is over: closing a socket wakes nobody who waits at it
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def turns(self) -> list[Turn]:
        """Every round trip so far, in the order in which the client asked."""
        with self._lock:
            return [turn for turn in self._turns if turn.answered]

    def close(self) -> None:
        """Take no more connections, and end those that are open."""
        self._is_over.set()
        self._accepting.join()
        for each in self._sockets:
            with suppress(OSError):  # it has ended by itself
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in (self._listener, *self._sockets):
            each.close()

    def _accept(self) -> None:
        while not self._is_over.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            server = socket.socket(socket.AF_UNIX)
            self._sockets += [client, server]
            server.connect(str(self.server))
            self.connections += 1
            open_since = time.perf_counter() + self.round_trip
            self._carry(client, server, self.connections, open_since, is_asking=True)
            self._carry(server, client, self.connections, open_since, is_asking=False)

    def _carry(
        self, come: socket.socket, go: socket.socket, number: int, open_since: float, *, is_asking: bool
    ) -> None:
        """Carry what comes to where it goes, late by half a round trip: one thread reads, another writes."""
        under_way: SimpleQueue[tuple[float, bytes]] = SimpleQueue()

        def read() -> None:
            chunk = b"first"
            while chunk:
                try:
                    chunk = come.recv(CHUNK)
                except OSError:
                    chunk = b""
                now = time.perf_counter()
                if chunk:
                    self._note(number, now, is_asking=is_asking)
                under_way.put((max(now, open_since) + self.round_trip / 2, chunk))

        def write() -> None:
            try:
                while True:
                    due, chunk = under_way.get()
                    time.sleep(max(0.0, due - time.perf_counter()))
                    if not chunk:
                        go.shutdown(socket.SHUT_WR)
                        return
                    go.sendall(chunk)
            except OSError:  # the other side has gone; whoever still reads finds that out
                return

        for work in (read, write):
            self._threads.append(threading.Thread(target=work, daemon=True))
            self._threads[-1].start()

    def _note(self, number: int, now: float, *, is_asking: bool) -> None:
        with self._lock:
            last = self._last.get(number)
            if not is_asking:
                if last:
                    last.answered = now
            elif last is None or last.answered:
                self._last[number] = Turn(number, now)
                self._turns.append(self._last[number])


def busy(turns: list[Turn], begin: float, end: float) -> float:
    """How long, of the time between two moments, the server worked on an answer to at least one connection."""
    seconds, until = 0.0, begin
    for turn in sorted(turns, key=lambda turn: turn.asked):
        asked, answered = max(turn.asked, until), min(turn.answered, end)
        if answered > asked:
            seconds, until = seconds + answered - asked, answered
    return seconds


@contextmanager
def linked(
    settings: dict[str, str], round_trip: float, host: Path | None = None
) -> Iterator[tuple[Link, dict[str, str]]]:
    """Lead to the server of these PG* variables through a link: yields it, and the variables that go through it.

    ``host`` is the folder of the socket, where it must stay the same: dbt parses again for a server with another one.
    """
    with TemporaryDirectory(prefix="kg-link-", dir="/tmp") as folder:  # a socket's path must be short
        place = host or Path(folder)
        place.mkdir(mode=0o700, exist_ok=True)
        (place / SOCKET).unlink(missing_ok=True)
        link = Link(Path(settings["PGHOST"]) / SOCKET, place / SOCKET, round_trip)
        try:
            yield link, {**settings, "PGHOST": str(place)}
        finally:
            link.close()
