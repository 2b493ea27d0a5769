"""``init --embedded``: a practice database on this machine, with an empty contacts table, used from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..common.errors import Usage
from . import disposable
from .connection import PRACTICE, Target, connect, pointed_at
from .embedded.server import running
from .statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def make_practice(state: Path, environ: Mapping[str, str], url: str | None) -> None:
    """Make the practice database where it is missing.

    Raises Usage while another database is connected: a later command would go there and not to the practice one.
    """
    connected = [name for name in ("DATABASE_URL", "PGHOST") if environ.get(name)]
    if (state / "connection.env").exists():
        connected.append(".kajabi-guard/connection.env")
    if url or connected:
        raise Usage(
            f"Another database is connected already ({', '.join(connected) or '--database-url'}), and it would be used "
            "before the practice one. Nothing was made. Take that connection away first."
        )
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with running(state / "practice") as server:
        if not disposable.exists(server.settings, PRACTICE):
            disposable.create(server.settings, PRACTICE)
        target = Target({**server.settings, "PGDATABASE": PRACTICE}, is_practice=True)
        with pointed_at(target), connect(target) as connection:
            described = connection.execute(statement("describe_server")).fetchone()
            if described and not described["has_contacts"]:
                connection.execute(statement("demo_contacts"))
    (state / "practice.chosen").touch()
