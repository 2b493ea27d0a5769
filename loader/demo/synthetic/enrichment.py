"""What PayPal, Zoho, Ticket Tailor and people by hand added to the contacts of the synthetic organisation.

Totals at scale 1 are the handoff's: 1,956 linked to Zoho, 681 linked to PayPal, 508 names from PayPal, 2,558
phones (1,117 of them not Kajabi's), 1,210 shipping addresses from PayPal; among the 95 enriched contacts 19
linked to PayPal and 17 linked to Zoho.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...common.fields import ADDRESS_FIELDS
from .people import FIRST_NAMES
from .shape import KAJABI_COLUMN, MOBILE, has_name_evidence, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .people import People
    from .shape import Contact, Pair

    Asked = Callable[[Contact], bool]

LINKED_TO_ZOHO, LINKED_TO_PAYPAL, NAMES_FROM_PAYPAL, SHIPPING_ADDRESSES = 1_956, 681, 508, 1_210
PHONES_FROM_KAJABI, PHONES_FROM_OTHERS = 1_441, 1_117
ENRICHED_LINKED_TO_PAYPAL, ENRICHED_LINKED_TO_ZOHO = 19, 17
RELABELLED = 240  # contacts with a Kajabi id whose origin is another system, until the old import relabels them
LINKED_TO_TICKET_TAILOR, ADDITIONAL_EMAILS, BLANK_LAST_NAMES = 430, 90, 60


def enrich(people: People, scale: float, contacts: list[Contact], plain: list[Pair], enriched: list[Contact]) -> None:
    """Add to contacts what other systems know, up to the handoff's totals times ``scale``.

    ``plain`` are matched contacts that may take anything; ``enriched`` are those that the old import would
    damage: they are linked only as far as their own figures say.
    """
    rng = people.rng
    only_here = [c for c in contacts if not text(c, "kajabi_id") and c["source_system"] != "kajabi"]
    _relabel(people, round(RELABELLED * scale), contacts, plain)
    ordinary = [contact for contact, _ in plain] + only_here

    def top_up(
        total: int,
        has: Asked,
        give: Callable[[People, Contact], None],
        among: Sequence[Contact],
        likes: Callable[[Contact], float],
    ) -> None:
        wanted = round(total * scale) - sum(map(has, contacts))
        candidates = [contact for contact in among if not has(contact)]
        candidates.sort(key=lambda contact: rng.random() - likes(contact))
        for contact in candidates[: max(0, wanted)]:
            give(people, contact)

    is_zohos, is_paypals, is_ticket_tailors = map(_is_from, ("zoho", "paypal", "ticket_tailor"))
    for_zoho = sorted(enriched, key=lambda contact: not is_zohos(contact))
    for contact in for_zoho[: round(ENRICHED_LINKED_TO_ZOHO * scale)]:
        _link_to_zoho(people, contact)
    for_paypal = sorted(enriched, key=lambda c: (not has_name_evidence(c), not is_paypals(c)))
    for contact in for_paypal[: round(ENRICHED_LINKED_TO_PAYPAL * scale)]:
        _link_to_paypal(people, contact)

    top_up(LINKED_TO_ZOHO, _has("zoho_id"), _link_to_zoho, ordinary, is_zohos)
    top_up(LINKED_TO_PAYPAL, _has("paypal_email"), _link_to_paypal, ordinary, is_paypals)
    with_paypal = [contact for contact in ordinary if text(contact, "paypal_email")]
    top_up(NAMES_FROM_PAYPAL, has_name_evidence, _name_by_paypal, with_paypal, lambda _: 0)
    top_up(LINKED_TO_TICKET_TAILOR, _has("ticket_tailor_id"), _link_to_ticket_tailor, ordinary, is_ticket_tailors)
    _give_kajabi_phones(people, round(PHONES_FROM_KAJABI * scale), plain)
    top_up(PHONES_FROM_KAJABI + PHONES_FROM_OTHERS, _has("phone"), _give_phone, ordinary, _links)
    for contact in with_paypal:
        _give_paypal_phone(people, contact)
    for contact in contacts:  # an address copied from shipping has a shipping address
        if contact["billing_address_source"] == "copied_from_shipping":
            _ship(people, contact)
    top_up(SHIPPING_ADDRESSES, _has("shipping_address_line_1"), _ship, ordinary, _has("paypal_email"))
    top_up(ADDITIONAL_EMAILS, _has("additional_email"), _add_email, ordinary, lambda _: 0)
    _blank_last_names(people, round(BLANK_LAST_NAMES * scale), plain)


def _has(column: str) -> Asked:
    return lambda contact: bool(text(contact, column))


def _is_from(system: str) -> Asked:
    columns = ("source_system", "billing_address_source")
    return lambda contact: any(text(contact, column).startswith(system) for column in columns)


def _links(contact: Contact) -> float:
    """Prefer contacts that another system knows: their phone came from there."""
    return 0.25 if any(text(contact, c) for c in ("zoho_id", "paypal_email", "ticket_tailor_id")) else 0


def _relabel(people: People, total: int, contacts: list[Contact], plain: list[Pair]) -> None:
    there = sum(1 for c in contacts if text(c, "kajabi_id") and c["source_system"] != "kajabi")
    candidates = [contact for contact, _ in plain if text(contact, "kajabi_id")]
    for contact in people.rng.sample(candidates, max(0, total - there)):
        systems = ("paypal", "zoho", "ticket_tailor", "manual")
        contact["source_system"] = people.rng.choices(systems, (46, 33, 16, 5))[0]


def _link_to_zoho(people: People, contact: Contact) -> None:
    contact["zoho_id"] = f"4076{people.rng.randrange(10**15):015}"
    if people.chance(0.8):  # most people gave Zoho the same email
        contact["zoho_email"] = text(contact, "email").lower()


def _link_to_paypal(people: People, contact: Contact) -> None:
    email = text(contact, "email").lower()
    contact["paypal_email"] = people.rng.choice((email, email.replace("@", ".pay@")))


def _name_by_paypal(people: People, contact: Contact) -> None:
    first_name = contact["first_name"]
    if people.chance(0.08):  # now and then somebody pays under another first name
        first_name = people.another(FIRST_NAMES, text(contact, "first_name"))
    contact["paypal_first_name"] = first_name
    if people.chance(0.95):  # and some have one name only
        contact["paypal_last_name"] = contact["last_name"]


def _link_to_ticket_tailor(people: People, contact: Contact) -> None:
    contact["ticket_tailor_id"] = f"tt_{people.rng.randrange(10**9):09}"


def _give_kajabi_phones(people: People, total: int, plain: list[Pair]) -> None:
    """Give phones that Kajabi has, in one of its two columns; a payer's phone it does not export."""
    labels = ("kajabi", "kajabi_mobile", "kajabi_transaction")
    for contact, row in people.rng.sample(plain, min(total, len(plain))):
        phone = people.phone()
        source = people.rng.choices(labels, (80, 15, 5))[0]
        contact.update(phone=phone, phone_source=source)
        if source == "kajabi":
            row[KAJABI_COLUMN["phone"]] = phone
            row[MOBILE] = people.phone() if people.chance(0.04) else ""  # never looked at
        elif source == "kajabi_mobile":
            row[MOBILE] = phone


def _give_phone(people: People, contact: Contact) -> None:
    """Give a phone that a system other than Kajabi knows: one that the contact is linked to, if any."""
    labels = ["google_contacts", "quickbooks", "manual", "manual"]
    if text(contact, "zoho_id"):
        labels = ["zoho", "zoho", "zoho_import"]
    if text(contact, "paypal_email"):
        labels = ["paypal", "paypal", "paypal_transaction"]
    elif text(contact, "ticket_tailor_id"):
        labels = ["ticket_tailor"]
    contact.update(phone=people.phone(), phone_source=people.rng.choice(labels))


def _give_paypal_phone(people: People, contact: Contact) -> None:
    if text(contact, "phone_source").startswith("paypal"):
        contact["paypal_phone"] = contact["phone"]
    elif people.chance(0.15):  # a payment's phone that nobody took over
        contact["paypal_phone"] = people.phone()


def _ship(people: People, contact: Contact) -> None:
    """Give a shipping address: usually the billing one, where there is one."""
    is_elsewhere = not text(contact, "address_line_1") or people.chance(0.2)  # a gift, or a second home
    home: Mapping[str, str | bool | None] = people.address() if is_elsewhere else contact
    contact.update({f"shipping_{part}": home[part] for part in ADDRESS_FIELDS})
    contact["shipping_address_source"] = people.rng.choice(("paypal", "paypal_transaction"))


def _add_email(_people: People, contact: Contact) -> None:
    contact["additional_email"] = text(contact, "email").lower().replace("@", ".home@")


def _blank_last_names(people: People, total: int, plain: list[Pair]) -> None:
    """Forget last names on both sides; a blank of ours is NULL or, from an older script, an empty text."""
    candidates = [pair for pair in plain if not has_name_evidence(pair[0]) and pair[0]["source_system"] == "kajabi"]
    for contact, row in people.rng.sample(candidates, min(total, len(candidates))):
        contact["last_name"] = people.rng.choice((None, None, None, ""))
        row["Last Name"] = ""
        row["Name"] = row["First Name (name)"] = row["First Name"]
