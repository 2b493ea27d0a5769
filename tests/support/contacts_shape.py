"""The shape of ``contacts`` in one place: which managed fields there are, and tables that have them or lack some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.common.fields import ADDRESS_FIELDS, IDS, MANAGED, PLANNED

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ADDRESS_FIELDS", "IDS", "MANAGED", "PLANNED", "as_text", "bare_contacts"]


def as_text(fields: Iterable[str] = MANAGED) -> str:
    """The fields as columns of a ``create table``."""
    return ", ".join(f"{name} text" for name in fields)


def bare_contacts(fields: Iterable[str] = MANAGED) -> str:
    """A contacts table with the required columns and these fields only."""
    return f"""
        create extension if not exists citext;
        create table public.contacts (
            id uuid primary key default gen_random_uuid(), email citext not null unique, {as_text(fields)},
            source_system text not null
        )
    """
