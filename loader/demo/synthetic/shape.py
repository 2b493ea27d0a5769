"""The nouns of the synthetic organisation: a contact, a row of Kajabi's export, and what holds both.

Columns are those of the contacts table and of Kajabi's contacts export, in a fixed order.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Contact = dict[str, str | bool | None]
ExportRow = dict[str, str]
Pair = tuple[Contact, ExportRow]

CONTACTS = 6_555  # at scale 1
ROSA = "rosa.larkspur@example.org"  # the contact whose story is told

ADDRESS_PARTS = ("address_line_1", "address_line_2", "city", "state", "postal_code", "country")

MAIN_PARTS = ("address_line_1", "city", "state", "postal_code")

CONTACT_COLUMNS: tuple[str, ...] = (
    "id",
    "email",
    "first_name",
    "last_name",
    "phone",
    *ADDRESS_PARTS,
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
    "shipping_address_line_1",
    "shipping_address_line_2",
    "shipping_city",
    "shipping_state",
    "shipping_postal_code",
    "shipping_country",
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

# Where Kajabi's export holds each of the nine managed fields.
KAJABI_COLUMN = {
    "first_name": "First Name",
    "last_name": "Last Name",
    "phone": "Phone Number (phone_number)",
    "address_line_1": "Address (address_line_1)",
    "address_line_2": "Address Line 2 (address_line_2)",
    "city": "City (address_city)",
    "state": "State (address_state)",
    "postal_code": "Zip Code (address_zip)",
    "country": "Country (address_country)",
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


def address_state(contact: Contact, row: ExportRow) -> str:
    """Compare the two addresses, trimmed and without case: match, needs_update, or missing in Kajabi or here.

    An address exists if it has a line 1, a city, a state or a postal code; two that do not exist match.
    """
    ours = {part: text(contact, part).casefold() for part in ADDRESS_PARTS}
    theirs = {part: row[KAJABI_COLUMN[part]].strip().casefold() for part in ADDRESS_PARTS}
    we_have, they_have = (any(address[part] for part in MAIN_PARTS) for address in (ours, theirs))
    if we_have and they_have:
        return "match" if ours == theirs else "needs_update"
    if we_have == they_have:
        return "match"
    return "missing_in_kajabi" if we_have else "missing_here"


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
    for part in ADDRESS_PARTS:
        contact[part] = address[part]
        row[KAJABI_COLUMN[part]] = address[part] or ""


def clear_address(row: ExportRow, parts: Iterable[str] = ADDRESS_PARTS) -> None:
    """Blank parts of the address in Kajabi's row."""
    row.update({KAJABI_COLUMN[part]: "" for part in parts})
