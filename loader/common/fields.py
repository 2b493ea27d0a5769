"""The managed fields as people call them, and back: what somebody typed as the name that the database knows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

FIELD_NAMES = {
    "first_name": "first name", "last_name": "last name", "phone": "phone", "address_line_1": "address line 1",
    "address_line_2": "address line 2", "city": "city", "state": "state", "postal_code": "postal code",
    "country": "country", "kajabi_id": "Kajabi id", "kajabi_member_id": "Kajabi member id",
}  # fmt: skip
ADDRESS = "address"
OPT_OUT = "email_subscribed"
IDS = ("kajabi_id", "kajabi_member_id")
# an address is decided as a whole, and protected as a whole or in parts; nobody protects an id, which is never replaced
DECIDED = {"first_name", "last_name", "phone", ADDRESS, *IDS}
PROTECTED = {*(FIELD_NAMES.keys() - set(IDS)), ADDRESS, OPT_OUT}
_SHOWN = {ADDRESS: "address", **FIELD_NAMES, OPT_OUT: "email subscribed"}


def _folded(text: str) -> str:
    """Any case; spaces, hyphens and underscores alike."""
    return re.sub(r"[\s_-]+", "_", text.strip()).casefold()


_FIELDS = {_folded(name): field for field, name in _SHOWN.items()}


def field_of(typed: str) -> str:
    """The field that somebody means: its name as the screen shows it (``last name``) or as the database has it."""
    folded = _folded(typed)
    return _FIELDS.get(folded, folded)


def listed(fields: AbstractSet[str]) -> str:
    """The names of fields as a person reads and types them, joined by commas."""
    return ", ".join(name for field, name in _SHOWN.items() if field in fields)
