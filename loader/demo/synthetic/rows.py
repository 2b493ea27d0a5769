"""Single contacts and single rows of Kajabi's export, before anything is known about them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from .shape import CONTACT_COLUMNS, CUSTOM, EXPORT_COLUMNS, set_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .people import People, Person
    from .shape import Contact, ExportRow, Pair

KAJABI_TIME = "%Y-%m-%d %H:%M:%S %z"


def new_contact(people: People, person: Person, source_system: str) -> Contact:
    """Make a contact with a name, an email and an origin, and nothing else."""
    rng = people.rng
    created_at = people.moment()
    contact: Contact = dict.fromkeys(CONTACT_COLUMNS)
    contact.update(
        id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        email=person.email.title() if people.chance(0.004) else person.email,  # some typed by hand
        first_name=person.first_name,
        last_name=person.last_name,
        source_system=source_system,
        email_subscribed=people.chance(0.6),
        created_at=created_at.isoformat(),
        updated_at=people.moment(created_at).isoformat(),
    )
    return contact


def new_row(people: People, person: Person) -> ExportRow:
    """Make a row of the export with a name, an email and what no import looks at."""
    row = dict.fromkeys(EXPORT_COLUMNS, "")
    set_name(row, person.first_name, person.last_name)
    if people.chance(0.003):  # a blank after the name is nothing to whoever trims
        row["First Name"] += " "
    row["Email"] = row["Email (email)"] = person.email
    row["Products"] = people.rng.choice(("", "Morning Circle", "Body, Breath & Voice", "Morning Circle,Choir 101"))
    row["Tags"] = people.rng.choice(("", "", "newsletter", "newsletter,volunteer", 'the "Thursday" group'))
    row[CUSTOM] = people.rng.choice(("", "", "", "A friend, at the choir", "Radio", "A poster\nin the library"))
    return row


def new_pair(people: People, person: Person) -> Pair:
    """Make a contact that came from Kajabi, and its row there."""
    return new_contact(people, person, "kajabi"), new_row(people, person)


def number_rows(people: People, rows: Sequence[ExportRow], first_id: int, after: datetime, before: datetime) -> None:
    """Give rows, oldest first, ascending ids and times of creation, and most of them a member's account."""
    for rank, row in enumerate(rows):
        created_at = after + (before - after) * rank / len(rows)
        row["ID"] = str(first_id + rank * 1000 + people.rng.randrange(1000))
        row["Created At"] = created_at.strftime(KAJABI_TIME)
        if people.chance(0.7):
            row["Member ID"] = str(3_100_000_000 + int(row["ID"]) % 1_000_000_000)
            row["Member Created At"] = row["Created At"]
            sign_in(people, row, created_at, before)


def sign_in(people: People, row: ExportRow, after: datetime, before: datetime) -> None:
    """Move what moves on every login, and must never count as a change."""
    moment = people.moment(after, before).strftime(KAJABI_TIME)
    row["Last Sign In At"] = row["Last Activity"] = moment
    row["Sign In Count"] = str(int(row["Sign In Count"] or 0) + people.rng.randint(1, 30))


def add_ids(people: People, pairs: Sequence[Pair]) -> None:
    """Tell contacts the ids of their rows in Kajabi, and that they are as old as those."""
    for contact, row in pairs:
        contact["kajabi_id"] = row["ID"]
        contact["kajabi_member_id"] = row["Member ID"] or None
        created_at = datetime.strptime(row["Created At"], KAJABI_TIME)  # noqa: DTZ007  # it has %z
        contact["created_at"] = created_at.isoformat()
        contact["updated_at"] = people.moment(created_at).isoformat()
