"""Which database is used from now on: ``connect`` and ``disconnect`` for a real one, ``init --embedded`` to practise.

``connect`` keeps the connection that a person pasted once, readable by nobody else.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..common.errors import Usage
from ..common.paths import CONFIG, STATE
from ..common.private_files import replacing
from . import disposable
from .connection import Target, connect, pointed_at
from .embedded.server import running
from .settings import CONNECTION, PRACTICE, choose_practice, find_settings, other_connections
from .statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def keep_connection(url: str, *, config: Path = CONFIG) -> Target:
    """Test the connection of a URL and write it to ``connection.env`` (PG* lines, 0600); returns the target.

    Raises Usage or NotConnected; then what was kept before stays.
    """
    if not url.strip():
        raise Usage("Nothing was pasted, so nothing was kept. Copy the connection string and try again.")
    settings = find_settings(url.strip(), {**os.environ}, config) or {}
    if any("\n" in value for value in settings.values()):
        raise Usage("The connection string holds a line break, so nothing was kept. Copy it again.")
    target = Target(settings)
    with pointed_at(target), connect(target, "kajabi-guard connect"):
        pass
    config.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(config / CONNECTION) as file:
        file.writelines(f"{name}={value}\n" for name, value in sorted(settings.items()))
    return target


def forget_connection(*, config: Path = CONFIG) -> bool:
    """Forget what ``connect`` kept; returns whether there was something. No database is touched."""
    kept = (config / CONNECTION).exists()
    (config / CONNECTION).unlink(missing_ok=True)
    return kept


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
