"""Permission bits, for whichever user runs the tests: they do not bind root, so root's command lays that right down.

Nobody else is become: the files, the modules and the name that the database knows stay root's own. The server's socket
belongs to the account that runs the server for root, and stands open to root by the right that is laid down; so the
command comes by a door of the test's, which still has it.
"""

from __future__ import annotations

import os
import select
import socket
import socketserver
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from console import Console, Outcome

# CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH of Linux, out of all three sets: (2) capset in its third version
LAY_DOWN = """
import ctypes, os
class Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]
libc, header, sets = ctypes.CDLL(None, use_errno=True), Header(0x20080522, 0), (ctypes.c_uint32 * 6)()
assert libc.capget(ctypes.byref(header), ctypes.byref(sets)) == 0
for place in range(3):
    sets[place] &= ~0b110
assert libc.capset(ctypes.byref(header), ctypes.byref(sets)) == 0, os.strerror(ctypes.get_errno())
"""


def run_bound(console: Console, server: Mapping[str, str], *arguments: object) -> Outcome:
    """Run one command that permission bits bind."""
    if os.geteuid() != 0:
        return console.run(*arguments)
    with _door_to(server) as variables:
        return console.run(*arguments, variables=variables, before=LAY_DOWN)


@contextmanager
def _door_to(server: Mapping[str, str]) -> Iterator[dict[str, str | None]]:
    """PG* variables of a way to the server that leads through this process."""
    if not server["PGHOST"].startswith("/"):
        yield {}
        return
    path = f"{server['PGHOST']}/.s.PGSQL.{server['PGPORT']}"

    class Passing(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.socket(socket.AF_UNIX) as behind, suppress(OSError):
                behind.connect(path)
                other = {self.request: behind, behind: self.request}
                while True:
                    for end in select.select(list(other), [], [])[0]:
                        if not (data := end.recv(65536)):
                            return
                        other[end].sendall(data)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Passing) as door:
        thread = threading.Thread(target=door.serve_forever)
        thread.start()
        port = str(door.server_address[1])
        yield {"PGHOST": "127.0.0.1", "PGPORT": port, "PGSSLMODE": "disable", "PGGSSENCMODE": "disable"}
        door.shutdown()
        thread.join()
