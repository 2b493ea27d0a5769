"""The contacts that Kajabi has too, by the state of their two addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...common.fields import ADDRESS_FIELDS
from .differences import RECIPES, different_pair
from .people import Person
from .shape import ROSA, apportion, clear_address, new_pair, set_address

if TYPE_CHECKING:
    from .people import People
    from .shape import Contact, Pair

# Of 5,388 matched contacts: the 100 of the recipes; 9 lack a part in Kajabi (with 86 of the recipes: 95 need
# an update); 561 have no address there (with 2 of the recipes: 563); 1,900 have the same address and 2,818
# none at all (with 12 of the recipes: 4,730 match).
PART_MISSING, MISSING_IN_KAJABI, SAME_ADDRESS, NO_ADDRESS = 9, 561, 1_900, 2_818

SOURCES_WHERE_SAME = {
    "kajabi": 52,
    "unknown_legacy": 30,
    "kajabi_transaction": 5,
    None: 5,
    "paypal": 4,
    "manual": 4,
}
SOURCES_WHERE_OURS = {
    "unknown_legacy": 36,
    "zoho": 20,
    "paypal": 14,
    "manual": 10,
    "paypal_transaction": 8,
    "zoho_import": 5,
    "copied_from_shipping": 4,
    "ticket_tailor": 3,
}


def matched_pairs(people: People, scale: float) -> tuple[list[Pair], list[Pair], list[Contact]]:
    """Make contacts and their rows: all of them, those without a difference on purpose, and the enriched.

    The last of those without a difference have no address.
    """
    by_recipe = [recipe.contacts for recipe in RECIPES]
    *counts, part_missing, missing, same, nothing = apportion(
        [*by_recipe, PART_MISSING, MISSING_IN_KAJABI, SAME_ADDRESS, NO_ADDRESS], scale
    )
    recipes = [recipe for recipe, count in zip(RECIPES, counts, strict=True) for _ in range(count)]
    different = [different_pair(people, recipe) for recipe in recipes]
    enriched = [contact for (contact, _), recipe in zip(different, recipes, strict=True) if recipe.is_enriched]
    plain = [_with_part_missing(people) for _ in range(part_missing)]
    plain += [_missing_in_kajabi(people) for _ in range(missing - 1)]  # Rosa is one more
    plain += [_with_same_address(people) for _ in range(same)]
    plain += [new_pair(people, people.person()) for _ in range(nothing)]
    return [*different, _rosa(people), *plain], plain, enriched


def _with_same_address(people: People) -> Pair:
    """Make an address that both have; of some, a part is known to neither."""
    pair = new_pair(people, people.person())
    address = people.address()
    if people.chance(0.15):
        address["address_line_2"] = people.unit()
    if people.chance(0.06):
        address["postal_code"] = None
    if people.chance(0.03):
        address["city"] = None
    set_address(pair, address)
    pair[0]["billing_address_source"] = people.weighted(SOURCES_WHERE_SAME)
    return pair


def _with_part_missing(people: People) -> Pair:
    """Make an address of which Kajabi lacks a part."""
    pair = new_pair(people, people.person())
    set_address(pair, {**people.address(), "address_line_2": people.unit()})
    pair[0]["billing_address_source"] = people.weighted(SOURCES_WHERE_OURS)
    clear_address(pair[1], [people.rng.choice(("address_line_2", "postal_code", "country"))])
    return pair


def _missing_in_kajabi(people: People) -> Pair:
    """Make an address that Kajabi lacks; a country alone, which some rows have, is no address."""
    pair = new_pair(people, people.person())
    set_address(pair, people.address())
    pair[0]["billing_address_source"] = people.weighted(SOURCES_WHERE_OURS)
    clear_address(pair[1], ADDRESS_FIELDS if people.chance(0.7) else ADDRESS_FIELDS[:-1])
    return pair


def _rosa(people: People) -> Pair:
    """Make Rosa Larkspur, who moved from Southampton to Boulder and told us, not Kajabi.

    The figures of the first week allow no difference in city or state, so Kajabi's row has no address then:
    she is one of the 563. In the second week it has her old address.
    """
    pair = new_pair(people, Person("Rosa", "Larkspur", ROSA))
    pair[0]["email"] = ROSA
    pair[1]["First Name"] = "Rosa"
    address = {"address_line_1": "18 Pearl Street", "address_line_2": None, "city": "Boulder", "state": "CO"}
    set_address(pair, {**address, "postal_code": "80302", "country": "United States"})
    clear_address(pair[1], ADDRESS_FIELDS[:-1])
    return pair
