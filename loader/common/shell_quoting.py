"""Commands that a person copies from the screen: what is pasted does what it says, whatever an email holds."""

from __future__ import annotations

from shlex import quote

from .tables import visible

BECAUSE = '--because "..."'
OTHER_EMAIL = "OTHER_EMAIL"
# how to say who was merged away, or that nobody was
LIST_MERGED = ("./kajabi-guard duplicate --from FILE", f"./kajabi-guard duplicate --none {BECAUSE}")


def can_be_pasted(word: str | None) -> bool:
    """Whether a word can be copied from a screen: not one with signs that nobody sees, or that move others."""
    return bool(word) and visible(word) == word


def command(name: str, *words: str | None, because: bool = True) -> str:
    """A command line that can be pasted as it is; words that are not there are left out."""
    given = [word for word in words if word]
    typed = [*(["--because", "..."] if because else []), "--", *given]
    # an email that begins with a hyphen would be read as an option
    if not any(word.startswith("-") for word in given):
        return " ".join(["./kajabi-guard", name, *map(quote, given), *([BECAUSE] if because else [])])
    return " ".join(["./kajabi-guard", name, *(f'"{word}"' if word == "..." else quote(word) for word in typed)])
