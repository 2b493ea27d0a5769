"""The managed fields: which there are, how people call them, and back: what somebody typed as the database knows it.

``seeds/field_policies.csv`` is the one list of them. A site's own file of that name has other policies for the same
fields, so it is not asked here.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from .paths import PROJECT

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

with (PROJECT / "seeds" / "field_policies.csv").open(encoding="utf-8", newline="") as _seed:
    _POLICIES = sorted(csv.DictReader(_seed), key=lambda row: int(row["position"]))
MANAGED = tuple(row["field"] for row in _POLICIES)
ADDRESS_FIELDS = tuple(row["field"] for row in _POLICIES if row["is_address"] == "true")
IDS = ("kajabi_id", "kajabi_member_id")
PLANNED = (*MANAGED, *IDS)
"""What a plan may write on a contact that is here, as far as this site has a column for it."""
FIELD_NAMES = {
    **{name: name.replace("_", " ") for name in MANAGED},
    "kajabi_id": "Kajabi id", "kajabi_member_id": "Kajabi member id",
}  # fmt: skip
ADDRESS = "address"
OPT_OUT = "email_subscribed"
# an address is decided as a whole, and protected as a whole or in parts; nobody protects an id, which is never replaced
DECIDED = {*MANAGED, ADDRESS, *IDS} - set(ADDRESS_FIELDS)
PROTECTED = {*MANAGED, ADDRESS, OPT_OUT}
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
