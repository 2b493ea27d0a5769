"""A synthetic organisation of any size, with exactly the handoff's figures at scale 1, and a second week.

People are invented and everything is drawn from a seed: the same seed gives the same bytes on every machine.
A contact and its row in Kajabi are equal, apart from the differences made on purpose
(``differences`` in the first week, ``second_week`` in the second) and from what Kajabi never knew (``matched``,
``enrichment``).
"""

from __future__ import annotations

import csv
from random import Random
from typing import TYPE_CHECKING

from ...common.private_files import replacing
from ...kajabi.inbound.export_file import INVENTED
from .enrichment import enrich
from .matched import matched_pairs
from .people import EXPORT_DAY, FIRST_DAY, People
from .shape import (
    CUSTOM,
    EXPORT_COLUMNS,
    KAJABI_COLUMN,
    Organisation,
    add_ids,
    apportion,
    is_address_old,
    new_contact,
    new_row,
    number_rows,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from .shape import Contact, ExportRow, Pair

ONLY_HERE = {
    "zoho": 600,
    "paypal": 300,
    "ticket_tailor": 180,
    "manual": 87,
}  # 1,167 contacts that Kajabi lacks
MERGED_AWAY, NEW = 125, 178  # 303 rows of Kajabi's without a contact
CORRECTED_ONLY_HERE = 14


def make_organisation(seed: int = 1, scale: float = 1.0) -> Organisation:
    """Make contacts and the first week's export; at ``scale`` 1 with exactly the figures of the handoff.

    Other scales (0.01 to 20) have the same proportions, rounded, and always Rosa Larkspur and one contact
    whose Kajabi id is not known here.
    """
    people = People(Random(seed))
    pairs, plain, enriched = matched_pairs(people, scale)
    without_id = max(1, round(scale))
    old_rows, merged_away = _merged_away(people, round(MERGED_AWAY * scale), plain[:-without_id])
    rows = [row for _, row in pairs] + _new_rows(people, round(NEW * scale))
    people.rng.shuffle(rows)
    number_rows(people, old_rows + rows, 2_100_000_000, FIRST_DAY, EXPORT_DAY)
    add_ids(people, pairs)
    for contact, row in plain[-without_id:]:
        contact.update(kajabi_id=None, kajabi_member_id=None)
        row["Member ID"] = ""
    only_here = _only_here(people, scale)
    contacts = [contact for contact, _ in pairs] + only_here
    enrich(people, scale, contacts, plain, enriched)
    corrected = _corrected_addresses(people, scale, pairs, only_here)
    people.rng.shuffle(contacts)
    rows += old_rows
    people.rng.shuffle(rows)
    return Organisation(contacts, rows, merged_away, corrected)


def write_export(rows: Sequence[ExportRow], path: Path, *, says_invented: bool = False) -> None:
    """Write rows as Kajabi does: UTF-8 with BOM, CRLF, RFC 4180 quoting; readable by its owner only.

    ``says_invented`` heads a column so that ``load`` takes the file into a practice database only.
    """
    with replacing(path, "utf-8-sig") as file:
        writer = csv.DictWriter(file, EXPORT_COLUMNS, lineterminator="\r\n")
        writer.writerow({name: INVENTED if says_invented and name == CUSTOM else name for name in EXPORT_COLUMNS})
        writer.writerows(rows)


def write_pairs(pairs: Iterable[tuple[str, str]], path: Path) -> None:
    """Write pairs of old and survivor's email, under a header; readable by its owner only."""
    with replacing(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("old_email", "survivor_email"))
        writer.writerows(pairs)


def _merged_away(people: People, count: int, survivors: list[Pair]) -> tuple[list[ExportRow], list[tuple[str, str]]]:
    """Make old rows, in Kajabi only, of people whose contacts were merged into another one before."""
    old_rows, merged_away = [], []
    for survivor, _ in people.rng.sample(survivors, count):
        person = people.person(text(survivor, "first_name"), text(survivor, "last_name"))
        old_rows.append(new_row(people, person))
        merged_away.append((person.email, text(survivor, "email")))
    for row in old_rows[::3]:  # a phone of their own, so that phone and name never make a second clue
        row[KAJABI_COLUMN["phone"]] = people.phone()
    return old_rows, merged_away


def _new_rows(people: People, count: int) -> list[ExportRow]:
    """Make rows of people whom we do not know at all."""
    rows = []
    for number in range(count):
        row = new_row(people, people.person())
        if number % 5 < 2:  # noqa: PLR2004 -- two in five gave a phone
            row[KAJABI_COLUMN["phone"]] = people.phone()
        if number % 4 == 0:
            row.update({KAJABI_COLUMN[part]: value or "" for part, value in people.address().items()})
        rows.append(row)
    return rows


def _only_here(people: People, scale: float) -> list[Contact]:
    """Make contacts that Kajabi does not have; every second one has an address."""
    contacts = []
    for source, count in zip(ONLY_HERE, apportion(list(ONLY_HERE.values()), scale), strict=True):
        for number in range(count):
            contact = new_contact(people, people.person(), source)
            if number % 2 == 0:
                contact.update(people.address())
                contact["billing_address_source"] = people.rng.choice((source, source, "unknown_legacy"))
            contacts.append(contact)
    return contacts


def _corrected_addresses(people: People, scale: float, pairs: list[Pair], only_here: list[Contact]) -> list[str]:
    """List the 672 addresses corrected by hand: 95 that Kajabi has old, 563 that it lacks, and 14 others.

    The 14 belong to contacts without a row there, so that the file of corrections holds 658 and not 672.
    """
    corrected = [contact for contact, row in pairs if is_address_old(contact, row)]
    with_address = [contact for contact in only_here if text(contact, "address_line_1")]
    corrected += people.rng.sample(with_address, min(round(CORRECTED_ONLY_HERE * scale), len(with_address)))
    return sorted(text(contact, "email") for contact in corrected)
