"""The hundred contacts that the old import would change in the first week, and what each of them shows.

Each recipe says how many contacts (at scale 1) differ in which fields, and who is on record for the address.
The comment beside it names the rule that each field is expected to fall under, on a first run without a baseline.
Sums (the handoff's figures): 100 contacts, 95 enriched and 5 corrected; address_line_2 91, address_line_1 7,
last_name 6, postal_code 4, first_name 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...common.fields import ADDRESS_FIELDS
from .people import FIRST_NAMES, LAST_NAMES
from .shape import KAJABI_COLUMN, clear_address, new_pair, set_address, set_name, text

if TYPE_CHECKING:
    from .people import People
    from .shape import Contact, ExportRow, Pair


class Recipe(NamedTuple):
    """One way to differ: ``fields`` is a list of ``field how``, in the order in which they are applied."""

    contacts: int
    fields: str
    address_source: str | None = "kajabi"
    source_system: str = "kajabi"
    paypal_names: str = ""
    is_enriched: bool = True


# fmt: off
RECIPES = (
    # corrected by hand: no evidence for any field that differs
    Recipe(1, "first_name older", is_enriched=False),                         # no_baseline
    Recipe(1, "last_name older", is_enriched=False),                          # no_baseline
    Recipe(1, "line_1 older", is_enriched=False),                             # no_baseline
    Recipe(1, "postal_code older, line_2 city", is_enriched=False),           # no_baseline, malformed_line_2
    Recipe(1, "line_1 older, line_2 unit", None, is_enriched=False),          # no_baseline, address_mismatch
    # a name from PayPal, and in three of the six a line 2 of an address that is Kajabi's own
    Recipe(1, "last_name older, line_2 line_1", paypal_names="both"),         # field_owned_elsewhere, malformed
    Recipe(1, "last_name older, line_2 unit", paypal_names="both"),           # field_owned_elsewhere, fill_blank
    Recipe(1, "first_name older, last_name blank", paypal_names="first"),     # field_owned_elsewhere, fill_blank
    Recipe(1, "first_name older, last_name older", paypal_names="both"),      # field_owned_elsewhere, twice
    Recipe(1, "last_name case", paypal_names="both"),                         # cosmetic
    Recipe(1, "first_name older, line_2 unit", None, paypal_names="first"),   # field_owned_elsewhere, fill_blank
    # an address from elsewhere
    Recipe(1, "line_1 older", "zoho"),                                        # field_owned_elsewhere
    Recipe(1, "line_1 case", "unknown_legacy"),                               # cosmetic; the addresses match
    Recipe(1, "postal_code older", "manual"),                                 # field_owned_elsewhere
    Recipe(1, "line_1 older, line_2 city", "unknown_legacy"),                 # legacy_owner, twice
    Recipe(1, "line_1 older, line_2 placeholder", "paypal"),                  # field_owned_elsewhere, same
    Recipe(1, "line_1 older, line_2 line_1", "paypal_transaction"),           # field_owned_elsewhere, twice
    Recipe(2, "postal_code older, line_2 placeholder", "unknown_legacy"),     # legacy_owner, same
    Recipe(2, "line_2 alone_on_both", "manual"),                              # field_owned_elsewhere; match
    Recipe(2, "line_2 alone_there", "zoho"),                                  # field_owned_elsewhere; missing
    Recipe(4, "line_2 case", "unknown_legacy"),                               # cosmetic; match
    Recipe(3, "line_2 punctuation", "zoho_import"),                           # cosmetic; needs update
    Recipe(5, "line_2 other_unit", "manual"),                                 # field_owned_elsewhere
    Recipe(3, "line_2 other_unit", "unknown_legacy"),                         # legacy_owner
    Recipe(3, "line_2 city", "paypal", "paypal"),                             # contact_owned_elsewhere
    Recipe(4, "line_2 city", "zoho", "zoho"),                                 # contact_owned_elsewhere
    Recipe(2, "line_2 line_1", "ticket_tailor", "ticket_tailor"),             # contact_owned_elsewhere
    Recipe(4, "line_2 city", "paypal"),                                       # field_owned_elsewhere
    Recipe(5, "line_2 city", "zoho"),                                         # field_owned_elsewhere
    Recipe(3, "line_2 line_1", "zoho_import"),                                # field_owned_elsewhere
    Recipe(2, "line_2 city", "quickbooks"),                                   # field_owned_elsewhere
    Recipe(2, "line_2 line_1", "google_contacts"),                            # field_owned_elsewhere
    Recipe(6, "line_2 city", "manual"),                                       # field_owned_elsewhere
    Recipe(20, "line_2 city", "unknown_legacy"),                              # legacy_owner
    Recipe(6, "line_2 line_1", "unknown_legacy"),                             # legacy_owner
    Recipe(5, "line_2 city", "copied_from_shipping"),                         # legacy_owner
)
# fmt: on


def different_pair(people: People, recipe: Recipe) -> Pair:
    """Make a contact that differs from its row in Kajabi; at first they are equal, with an address without a line 2."""
    contact, row = pair = new_pair(people, people.person())
    set_address(pair, people.address())
    contact["source_system"] = recipe.source_system
    contact["billing_address_source"] = recipe.address_source
    for difference in recipe.fields.split(", "):
        field, how = difference.split(" ")
        if field == "line_2":
            _differ_in_line_2(people, contact, row, how)
        elif field in {"first_name", "last_name"}:
            _differ_in_name(people, contact, row, field, how)
        elif field == "line_1":
            line_1 = text(contact, "address_line_1")
            row[KAJABI_COLUMN["address_line_1"]] = line_1.upper() if how == "case" else people.street(line_1)
        else:
            older = people.postal_code(text(contact, "city"), text(contact, "postal_code"))
            row[KAJABI_COLUMN["postal_code"]] = older
    if recipe.paypal_names:
        contact["paypal_first_name"] = contact["first_name"]
    if recipe.paypal_names == "both":
        contact["paypal_last_name"] = contact["last_name"]
    return pair


def _differ_in_line_2(people: People, contact: Contact, row: ExportRow, how: str) -> None:
    """Ours was cleaned (blank) where Kajabi's line 2 repeats something; else the two lines differ."""
    unit = people.unit()
    word, number = unit.split(" ")
    city, line_1 = row[KAJABI_COLUMN["city"]], row[KAJABI_COLUMN["address_line_1"]]
    ours, incoming = {
        "city": (None, city),
        "line_1": (None, line_1),
        "unit": (None, unit),
        "placeholder": (None, "N/A"),
        "other_unit": (unit, f"Building {number}"),
        "case": (unit, unit.upper()),
        "punctuation": (unit, f"{word}. {number}"),
        "alone_on_both": (None, city),
        "alone_there": (None, city),
    }[how]
    if how.startswith("alone"):
        clear_address(row)
    if how == "alone_on_both":
        contact.update(dict.fromkeys(ADDRESS_FIELDS))
    contact["address_line_2"] = ours
    row[KAJABI_COLUMN["address_line_2"]] = incoming


def _differ_in_name(people: People, contact: Contact, row: ExportRow, field: str, how: str) -> None:
    """Kajabi keeps an older name, or the same in small letters; or ours is blank."""
    names = {"first_name": row["First Name"], "last_name": row["Last Name"]}
    if how == "older":
        words = FIRST_NAMES if field == "first_name" else LAST_NAMES
        names[field] = people.another(words, names[field])
    elif how == "case":
        names[field] = names[field].upper()
    else:
        contact[field] = None
    set_name(row, names["first_name"], names["last_name"])
