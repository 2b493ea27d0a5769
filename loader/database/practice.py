"""``init --embedded``: a practice database on this machine, with an empty contacts table, used from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..common.errors import Usage
from ..common.paths import CONFIG, STATE
from . import disposable
from .connection import Target, connect, pointed_at
from .embedded.server import running
from .settings import CONNECTION, PRACTICE, choose_practice, other_connections
from .statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def make_practice(
    environ: Mapping[str, str],
    url: str | None,
    *,
    is_practice: bool = False,
    config: Path = CONFIG,
    state: Path = STATE,
) -> None:
    """Make the practice database where it is missing, and use it from now on.

    Raises Usage while another database is connected, unless ``is_practice`` says that none of them is meant: a later
    command would go there and not to the practice one.
    """
    connected = [] if is_practice else ["--database-url"] if url else other_connections(environ, config)
    if connected:
        remedy = "leave that option out"
        if not url:
            variables = [name for name in connected if name != CONNECTION]
            kept = ["type `./kajabi-guard disconnect`"] if CONNECTION in connected else []
            remedy = " and ".join([*kept, *(f"`unset {name}`" for name in variables)])
        raise Usage(
            f"Another database is connected already ({', '.join(connected)}), and it would be used before the practice "
            f"one. Nothing was made. To use the practice database, {remedy}; then type the command again."
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
    choose_practice(PRACTICE, config)
