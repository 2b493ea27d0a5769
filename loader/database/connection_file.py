"""``connect`` and ``disconnect``: keep the connection that a person pasted once, readable by nobody else; forget it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..common.errors import Usage
from ..common.paths import CONFIG
from ..common.private_files import replacing
from .connection import Target, connect, pointed_at
from .settings import CONNECTION, find_settings

if TYPE_CHECKING:
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
