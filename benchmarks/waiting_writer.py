"""How long another writer of contacts has to wait: one that asks for its lock over and over, on its own connection.

That is what a lock on ``contacts`` costs somebody, whatever the statements are that hold it; nothing is looked up in
the server while it works. At most one pause is missing from the longest wait.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from loader.database.connection import pointed_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.database.connection import Target

WRITE = (Path(__file__).resolve().parent / "write_as_another.sql").read_bytes()
PAUSE = 0.003


@contextmanager
def waiting_writer(target: Target) -> Iterator[list[float]]:
    """Ask for the lock of a writer during the block; the list holds every wait, in seconds, after it."""
    waits: list[float] = []
    is_over = threading.Event()
    with pointed_at(target):
        connection = psycopg.connect("", autocommit=True)

    def ask() -> None:
        while not is_over.wait(PAUSE):
            asked = time.perf_counter()
            with connection.transaction():
                connection.execute(WRITE)
                waits.append(time.perf_counter() - asked)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield waits
    finally:
        is_over.set()
        asking.join()
        connection.close()
