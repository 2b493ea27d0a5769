"""Invented people: names, emails, phones and addresses, drawn from one seeded generator.

Emails end in example.org, .com or .net and phones are 555-01xx numbers, so that nobody real is ever meant.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

Word = TypeVar("Word")

# fmt: off
FIRST_NAMES = (
    "Ada", "Agnes", "Aisha", "Alba", "Amara", "Anders", "Anneke", "Arlo", "Ben", "Björn", "Carys", "Chidi",
    "Clara", "Dario", "Delia", "Edda", "Elif", "Emeka", "Esther", "Fatima", "Felix", "Finn", "Freya", "Gita",
    "Greta", "Hana", "Hugo", "Ida", "Ines", "Ivo", "Jana", "Jonas", "José", "Juno", "Kai", "Kateřina",
    "Kofi", "Lars", "Leila", "Lina", "Lucía", "Łukasz", "Mai", "Malik", "Mara", "Mateo", "Mina", "Nadia",
    "Nils", "Noor", "Olga", "Omar", "Otto", "Paloma", "Petra", "Priya", "Quentin", "Rafael", "Renée", "Rhys",
    "Sabine", "Sami", "Selma", "Siobhan", "Søren", "Tamsin", "Tariq", "Thea", "Tomas", "Uma", "Vera",
    "Viktor", "Wanda", "Wren", "Xavier", "Yara", "Yusuf", "Zelda", "Zoë",
)
LAST_NAMES = (
    "Abara", "Adler", "Almeida", "Ashgrove", "Barrow", "Bell", "Bergström", "Birchall", "Blackthorn",
    "Brandt", "Calloway", "Castillo", "Chen", "Cloverfield", "Dahl", "D'Amico", "de la Cruz", "Dvořák",
    "Eastwick", "Ekwueme", "Elder", "Farrow", "Fenwick", "Fernández", "Fitzroy", "Gallo", "Greenleaf",
    "Grünwald", "Haddad", "Halloran", "Hartwell", "Hawthorne", "Ibarra", "Ivanova", "Jansen", "Juniper",
    "Kaplan", "Kimura", "Kowalski", "Larsen", "Lindqvist", "Lockhart", "Marlowe", "McAllister", "Meadows",
    "Møller", "Moreau", "Nakamura", "Nightingale", "Novák", "O'Brien", "Okafor", "Oakley", "Osei",
    "Pemberton", "Petrov", "Quigley", "Ramos", "Redfern", "Rivers", "Rosenthal", "Rowan", "Sandoval",
    "Schäfer", "Silva", "Singh", "Smith-Hale", "Sorrel", "Strand", "Sutherland", "Tanaka", "Thistlewood",
    "'t Hooft", "Tran", "Underhill", "van den Berg", "Vasquez", "Vetter", "Wakefield", "Weaver", "Whitlock",
    "Winterbourne", "Yarrow", "Yilmaz", "Zamora", "Zieliński",
)
STREETS = (
    "Alder Street", "Aspen Way", "Bluebell Court", "Canyon Road", "Cedar Avenue", "Clover Hill",
    "Dogwood Drive", "Elm Street", "Fern Hollow Road", "Foxglove Lane", "Garden Row", "Heather Close",
    "Ironwood Drive", "Ivy Lane", "Juniper Street", "Kestrel Way", "Linden Avenue", "Maple Street",
    "Meadow Road", "North Gate", "Orchard Street", "Pine Ridge Road", "Quarry Lane", "River Road",
    "Sage Court", "Spruce Street", "Sunrise Terrace", "Thyme Walk", "Upland Road", "Valley View",
    "Willow Bend", "Yew Tree Lane",
)
TOWNS = (  # city, state, postal code (digits are drawn for each #), country
    ("Boulder", "CO", "803##", "United States"), ("Longmont", "CO", "805##", "United States"),
    ("Denver", "CO", "802##", "United States"), ("Lyons", "CO", "80540-####", "United States"),
    ("Fort Collins", "CO", "805##-####", "United States"), ("Santa Fe", "NM", "875##", "United States"),
    ("Cambridge", "MA", "021##", "United States"), ("Burlington", "VT", "054##", "United States"),
    ("Portland", "OR", "972##", "United States"), ("St. Paul", "MN", "551##", "United States"),
    ("Austin", "TX", "787##", "United States"), ("Toronto", "ON", "M#V #T#", "Canada"),
    ("Québec", "QC", "G#R #B#", "Canada"), ("Bern", None, "30##", "Switzerland"),
    ("Utrecht", None, "35## AB", "Netherlands"), ("Łódź", None, "90-###", "Poland"),
)
# fmt: on
COLORADO = 5  # the first of the towns
POSTAL_CODE_OF = {city: pattern for city, _, pattern, _ in TOWNS}
CITY_IN = {state: city for city, state, _, _ in TOWNS}
DOMAINS = ("example.org", "example.com", "example.net")
AREA_CODES = tuple(code for code in range(201, 990) if code % 100 != 11)  # noqa: PLR2004 -- 211 ... 911 are services
TO_ASCII = str.maketrans({"ł": "l", "ø": "o"})  # letters that have no decomposition
MOUNTAIN = timezone(timedelta(hours=-7))
FIRST_DAY = datetime(2018, 3, 5, 9, 0, tzinfo=MOUNTAIN)
EXPORT_DAY = datetime(2025, 9, 29, 6, 0, tzinfo=MOUNTAIN)


class Person(NamedTuple):
    """One invented person."""

    first_name: str
    last_name: str
    email: str


class People:
    """A source of invented people: no email and no phone is given twice."""

    def __init__(self, rng: Random, first_number: int = 1, phones_in_use: frozenset[str] = frozenset()) -> None:
        """Draw from ``rng``; numbers in emails begin at ``first_number``; some phones are taken already."""
        self.rng = rng
        self._number = first_number
        phones = [f"({area}) 555-01{last:02}" for area in AREA_CODES for last in range(100)]
        self._phones = [phone for phone in phones if phone not in phones_in_use]
        rng.shuffle(self._phones)

    def person(self, first_name: str | None = None, last_name: str | None = None) -> Person:
        """Give a new person, of the names asked for, with an email that nobody has."""
        first_name = first_name or self.rng.choice(FIRST_NAMES)
        last_name = last_name or self.rng.choice(LAST_NAMES)
        local = f"{_ascii(first_name)}.{_ascii(last_name)}{self._number}"
        self._number += 1
        return Person(first_name, last_name, f"{local}@{self.rng.choice(DOMAINS)}")

    def phone(self) -> str:
        """Give a phone that nobody has."""
        return self._phones.pop()

    def street(self, but_not: str = "") -> str:
        """Give a house number and street, another one than ``but_not``."""
        while (street := f"{self.rng.randint(1, 2400)} {self.rng.choice(STREETS)}") == but_not:
            pass
        return street

    def unit(self) -> str:
        """Give a proper second line, of letters, a blank and a number."""
        return f"{self.rng.choice(('Apt', 'Unit', 'Suite'))} {self.rng.randint(1, 40)}{self.rng.choice('ABC')}"

    def postal_code(self, city: str, but_not: str = "") -> str:
        """Give a postal code of a city, another one than ``but_not``."""
        pattern = POSTAL_CODE_OF.get(city, "804##")
        while (code := "".join(self.rng.choice("123456789") if s == "#" else s for s in pattern)) == but_not:
            pass
        return code

    def address(self) -> dict[str, str | None]:
        """Give a full address without a second line."""
        near = self.rng.choice((COLORADO, COLORADO, len(TOWNS)))  # most people live near the organisation
        city, state, _, country = self.rng.choice(TOWNS[:near])
        return {
            "address_line_1": self.street(),
            "address_line_2": None,
            "city": city,
            "state": state,
            "postal_code": self.postal_code(city),
            "country": country,
        }

    def chance(self, share: float) -> bool:
        """Say yes in this share of all cases."""
        return self.rng.random() < share

    def weighted(self, weights: Mapping[Word, int]) -> Word:
        """Give a key, as often as its weight says."""
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def another(self, words: Sequence[str], word: str) -> str:
        """Give one of ``words`` that is not ``word``."""
        return self.rng.choice([other for other in words if other != word])

    def moment(self, after: datetime = FIRST_DAY, before: datetime = EXPORT_DAY) -> datetime:
        """Give a moment between two others."""
        return after + timedelta(seconds=self.rng.randrange(max(1, int((before - after).total_seconds()))))


def _ascii(name: str) -> str:
    """Spell a name with the letters that an email may have."""
    decomposed = unicodedata.normalize("NFKD", name.lower().translate(TO_ASCII))
    return "".join(letter for letter in decomposed if letter.isascii() and letter.isalnum())
