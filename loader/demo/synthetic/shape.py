"""The nouns of the synthetic organisation: a contact, a row of Kajabi's export, and what holds both; and single ones.

Columns are those of the contacts table and of Kajabi's contacts export, in a fixed order.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from ...common.fields import ADDRESS_FIELDS, MANAGED
from ...kajabi.outbound.import_files import HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .people import People, Person

Contact = dict[str, str | bool | None]
ExportRow = dict[str, str]
Pair = tuple[Contact, ExportRow]

CONTACTS = 6_555  # at scale 1
KAJABI_TIME = "%Y-%m-%d %H:%M:%S %z"
ROSA = "rosa.larkspur@example.org"  # the contact whose story is told

MAIN_PARTS = ("address_line_1", "city", "state", "postal_code")

CONTACT_COLUMNS: tuple[str, ...] = (
    "id",
    "email",
    "first_name",
    "last_name",
    "phone",
    *ADDRESS_FIELDS,
    "source_system",
    "kajabi_id",
    "kajabi_member_id",
    "paypal_email",
    "paypal_first_name",
    "paypal_last_name",
    "paypal_phone",
    "zoho_id",
    "zoho_email",
    "ticket_tailor_id",
    "phone_source",
    "billing_address_source",
    *(f"shipping_{part}" for part in ADDRESS_FIELDS),
    "shipping_address_source",
    "additional_email",
    "email_subscribed",
    "deleted_at",
    "created_at",
    "updated_at",
)

MOBILE = "Mobile Phone Number (mobile_phone_number)"
# Kajabi lets an administrator name a custom field as he likes: this one has a comma in its label.
CUSTOM = "How did you hear about us, if we may ask? (custom_3)"

EXPORT_COLUMNS: tuple[str, ...] = (
    "Name",
    "First Name",
    "Last Name",
    "Email",
    "Products",
    "Tags",
    "ID",
    "Member ID",
    "External User ID",
    "Created At",
    "Member Created At",
    "Sign In Count",
    "Last Activity",
    "Last Sign In At",
    "First Name (name)",
    "Email (email)",
    "Phone Number (phone_number)",
    MOBILE,
    "Address (address_line_1)",
    "Address Line 2 (address_line_2)",
    "City (address_city)",
    "State (address_state)",
    "Country (address_country)",
    "Zip Code (address_zip)",
    "Business Number (business_number)",
    CUSTOM,
)

# where Kajabi's export holds each of the managed fields: it has two columns where the importer wants one name
KAJABI_COLUMN = {
    "first_name": "First Name",
    "last_name": "Last Name",
    **{field: header for field, header in HEADERS.items() if field in MANAGED},
}


@dataclass
class Organisation:
    """Our contacts and Kajabi's export of the first week, with two lists that the tables do not show."""

    contacts: list[Contact]
    export_rows: list[ExportRow]
    merged_away: list[tuple[str, str]]
    """(old email, survivor's email): people merged before, whose old row Kajabi still exports."""
    corrected_addresses: list[str]
    """Emails whose address was corrected by hand, without a mark in the table."""


def text(contact: Contact, column: str) -> str:
    """Give the trimmed text of a contact's column; blank for NULL."""
    value = contact[column]
    return value.strip() if isinstance(value, str) else ""


def has_name_evidence(contact: Contact) -> bool:
    """Tell whether PayPal gave a name of this contact."""
    return bool(text(contact, "paypal_first_name") or text(contact, "paypal_last_name"))


def is_kajabis_address(contact: Contact) -> bool:
    """Tell whether nobody but Kajabi is known to have given the address."""
    source = text(contact, "billing_address_source")
    return source == "" or source.startswith("kajabi")


def is_address_old(contact: Contact, row: ExportRow) -> bool:
    """Tell whether we have an address and Kajabi has another one or none, trimmed and without case.

    An address exists if it has a line 1, a city, a state or a postal code.
    """
    ours = {part: text(contact, part).casefold() for part in ADDRESS_FIELDS}
    theirs = {part: row[KAJABI_COLUMN[part]].strip().casefold() for part in ADDRESS_FIELDS}
    return any(ours[part] for part in MAIN_PARTS) and ours != theirs


def set_name(row: ExportRow, first_name: str, last_name: str) -> None:
    """Write a name into all four places where Kajabi's export repeats it."""
    full_name = f"{first_name} {last_name}".strip()
    row.update({"Name": full_name, "First Name": first_name, "Last Name": last_name})
    row["First Name (name)"] = full_name


def apportion(counts: Sequence[int], scale: float) -> list[int]:
    """Scale a list of counts so that their sum is scaled as well (rounding is carried along)."""
    bounds = [round(scale * bound) for bound in accumulate(counts, initial=0)]
    return [upper - lower for lower, upper in pairwise(bounds)]


def set_address(pair: Pair, address: dict[str, str | None]) -> None:
    """Give a contact and its export row the same address."""
    contact, row = pair
    for part in ADDRESS_FIELDS:
        contact[part] = address[part]
        row[KAJABI_COLUMN[part]] = address[part] or ""


def clear_address(row: ExportRow, parts: Iterable[str] = ADDRESS_FIELDS) -> None:
    """Blank parts of the address in Kajabi's row."""
    row.update({KAJABI_COLUMN[part]: "" for part in parts})


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
    microseconds = (before - after) // timedelta(microseconds=1)  # a span times a million rows is none any more
    for rank, row in enumerate(rows):
        created_at = after + timedelta(microseconds=microseconds * rank // len(rows))
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
