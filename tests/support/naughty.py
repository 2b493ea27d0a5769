"""Values that break pages, of our own making, and a small organisation whose fields they, or plain ones, fill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from contacts_shape import ADDRESS_FIELDS
from loader.kajabi.inbound.load import load_export

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from world import World

NAUGHTY = (
    "<script>document.title='broken'</script>",
    "</script><script>document.title='broken'</script>",
    "</style></title></textarea></table><h1>broken</h1>",
    "<img src=x onerror=\"document.title='broken'\">",
    '" onmouseover="document.title=\'broken\'" x="',
    "' autofocus onfocus='document.title=\"broken\"",
    "<!-- --><![CDATA[ ]]> <?php ?>",
    "&lt;b&gt; &amp;amp; &#60;i&#62; &nbsp",
    "{{ 7 * 7 }} {% include 'x' %} ${7*7} #{7} <%= 7 %>",
    "javascript:document.title='broken'",
    '=HYPERLINK("https://canary.example.org","quillon")',
    "+1+1 @SUM(A1) -2",
    "abc \u202edesrever\u202c \u2066isolated\u2069",
    "zero\u200bwidth\u200d\ufeff\u2060joined",
    "bell\x07 escape\x1b[31m delete\x7f next\x85line",
    "separator\u2028and\u2029paragraph\ttab",
    "👩\u200d👩\u200d👧\u200d👦 🏳️ 🇺🇳",
    normalize("NFC", "Z\u0351\u036b\u0343a\u0363\u0369l\u0348\u035ag\u032eo"),
    "ةيبرعلا ةغللا עברית",
    "x" * 300,
    "<svg/onload=document.title='broken'><a href=//canary.example.org>",
    "`$(touch broken)` ; rm -rf x | 'quoted' \"twice\" \\",
    "%s %(email)s %n {0} {email!r}",
    "expression(1)</bdi></td></tr></tbody></table>",
)
FILE = "<img src=x onerror=\"document.title='broken'\"> & 'week'.csv"
BRIEN = "o'brien;$(touch-broken)&{b}|x@example.org"


def plain(number: int) -> str:
    return f"plain{number:02}"


def naughty(number: int) -> str:
    return NAUGHTY[number]


def in_email(word: str) -> str:
    """The part of a word that an email can hold."""
    return "".join(sign for sign in word if sign.isprintable() and not sign.isspace() and sign not in "@,")[:60]


def person(number: int, word: str) -> dict[str, Any]:
    email = f"p{number:02}.{in_email(word)}@example.org"
    return {"email": email, "kajabi_id": f"48151{number:05}", "first_name": word}


def address(word: str, town: str) -> dict[str, str]:
    # of all parts, a postal code alone has a form that no other text has
    codes = {"old": "80301", "new": "80302", "far": "80303"}
    return {part: f"{word} {town} {part}" for part in ADDRESS_FIELDS} | {"postal_code": codes[town]}


def plan_organisation(world: World, word: Callable[[int], str], *, brien: str, file_name: str) -> None:
    """Load a baseline and an export, and plan: every kind of difference, each with every kind of value."""
    world.say_no_duplicates()
    contacts, before, now = [], [], []
    for number in range(len(NAUGHTY)):
        text = word(number)
        who, kind = person(number, text), number % 4
        here, there = f"{text} here", f"{text} there"
        ours_phone, their_phone = f"{text} 303 555 0101", "(303) 555-0199"
        if kind == 0:  # a blank of ours: filled; and an id to note
            contacts.append({**who, "kajabi_id": None})
            before.append(who)
            now.append({**who, "last_name": there, "phone": their_phone})
        elif kind == 1:  # new in Kajabi: for a person
            contacts.append({**who, "last_name": here, **address(text, "old")})
            before.append(contacts[-1])
            now.append({**who, "last_name": there, **address(text, "new"), "address_line_1": f"{text}\nBack door"})
        elif kind == 2:  # a label that nobody knows: protected
            contacts.append({**who, "phone": ours_phone, "phone_source": f"label {text}"})
            before.append({**who, "phone": their_phone})
            now.append({**who, "phone": their_phone})
        else:  # a contact of another source, and one more that Kajabi adds
            contacts.append({**who, "last_name": here, "source_system": f"source {text}"})
            before.append({**who, "last_name": there})
            now.append({**who, "last_name": there})
    arrivals = [
        {
            **person(80, word(0)),
            **address(word(3), "far"),
            "email": brien,
            "last_name": word(1),
            "phone": "303 555 0142",
        },
        {**person(81, word(4)), "email": "p81@example.org", "last_name": word(7), "phone": "303 555 0143"},
        {"email": f"no at sign {in_email(word(2))}", "kajabi_id": "4815100090", "first_name": word(5)},
        {"email": "", "kajabi_id": "", "first_name": word(6)},
    ]
    world.add_contacts(*contacts)
    world.load(*before, as_baseline=True)
    path = world.write_export([*now, *arrivals])
    load(world, path.rename(path.with_name(file_name)))
    world.plan()


def load(world: World, path: Path) -> None:
    with world.connect() as connection:
        load_export(connection, path)


def values_of(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> set[str]:
    return {str(row[name]) for row in rows for name in names if row[name] is not None and str(row[name]).strip()}
