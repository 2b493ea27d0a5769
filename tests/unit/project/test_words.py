"""One thing has one word: what was given up never comes back in a label, a message, the help or the docs.

The list is short. A word that has another, honest meaning ("held", "base", "settle", "verdict") is not in it alone.
"""

from __future__ import annotations

import ast
import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[3]
# the word that we use, and what was said before
GIVEN_UP = {
    "baseline": r"accepted last|last[ -]accepted|(?:the|a|no|without|every) base",
    "quarantined": r"set aside|held (?:export )?rows?|rows? (?:is|are|was|were) held|held back",
    "override": r"persons?'s? word|decisions? taken|decisions? (?:was|were) taken|a person (?:said|decided)",
    "match override": r"match_overrides?|settled rows?",
    "merged contacts": r"known duplicates?|merge ledger",
    "undone, or rolled back": r"(?:take|taken|takes|took|taking)(?: \S+){0,3} back",
    "provenance": r"evidence of another owner",
    "survivorship rule": r"decision rules?",
    "needs review": r"please look|waits? for a person|(?:is|are) shown to a person",
    "possible duplicate": r"maybe somebody",
    "invalid": r"(?:email|value|name) (?:is )?not possible",
    "excess privileges": r"rights beyond need|beyond need",
    "public access": r"open to everybody",
    "differs in Kajabi": r"(?:has|holds?|decides?|decided) otherwise",
}
PAGES = [
    *(PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted((PROJECT / "docs").glob("*.md")),
    PROJECT / "docs" / "who-owns-what.template",
]
TEMPLATES = sorted((PROJECT / "loader").rglob("*.j2"))
MODULES = sorted((PROJECT / "loader").rglob("*.py"))
SEEDS = sorted((PROJECT / "seeds").glob("*.csv"))


def given_up(text: str) -> list[str]:
    """Every word of the text that was given up, with the one to use."""
    plain = " ".join(text.split())
    return [
        f"{found[0]!r}: say {word!r}"
        for word, pattern in GIVEN_UP.items()
        for found in re.finditer(rf"(?i)\b(?:{pattern})\b", plain)
    ]


def prose(text: str) -> str:
    """A page without its code: what a table or a column is called there is not for the page to say."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"(?ms)^ *```.*?^ *```$", "", text))


def texts(module: Path) -> Iterator[str]:
    """The strings of a module in which there is a space: messages, help, descriptions; values in them as {}."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield node.value


@pytest.mark.parametrize("page", [*PAGES, *TEMPLATES], ids=lambda page: page.name)
def test_a_page_uses_no_word_that_was_given_up(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert given_up(text if page in TEMPLATES else prose(text)) == []


def test_no_message_and_no_help_uses_a_word_that_was_given_up() -> None:
    found = {f"{module.relative_to(PROJECT)}: {said}" for module in MODULES for text in texts(module)
             for said in given_up(text)}  # fmt: skip
    assert sorted(found) == []


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_no_text_of_a_seed_uses_a_word_that_was_given_up(seed: Path) -> None:
    with seed.open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.DictReader(file) for cell in row.values()]
    assert [said for cell in cells for said in given_up(cell)] == []
    assert given_up((PROJECT / "seeds" / "_seeds.yml").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "The export that was accepted last",
        "a row that was\nset aside",
        "Held rows come back every week",
        "A person's word waits",
        "a person decided: ours stays",
        "Took run 3 back, as run 4",
        "all of it was taken back",
        "the known duplicates",
        "maybe somebody we have",
        "email not possible",
        "rights beyond need",
        "corrections that Kajabi has otherwise",
    ],
)
def test_a_word_that_was_given_up_is_found(text: str) -> None:
    assert len(given_up(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "held_rows.csv",
        "an email held twice",
        "the database",
        "a baseline",
        "a red breaker was accepted",
        "only a person can tell",
        "go back to an older backup",
        "the file is refused otherwise",
    ],
)
def test_another_meaning_of_a_word_is_left_alone(text: str) -> None:
    assert given_up(text) == []


def test_the_strings_of_a_module_are_read_whole(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        'say(f"Took {run} back, " "as run {new}")\nsay("all of it was " "taken back")\n', encoding="utf-8"
    )
    assert [said for text in texts(module) for said in given_up(text)] == [
        "'Took {} back': say 'undone, or rolled back'",
        "'taken back': say 'undone, or rolled back'",
    ]
