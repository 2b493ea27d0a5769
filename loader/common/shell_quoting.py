"""Commands that a person copies from the screen: what is pasted does what it says, whatever an email holds.

Texts name the tool as ``./kajabi-guard``; ``as_typed`` makes of it what this person must type here. A command that was
printed about the practice database says so itself: pasted later, it must not reach a real one.
"""

from __future__ import annotations

import os
import re
from contextvars import ContextVar
from shlex import quote

from .paths import IS_CHECKOUT
from .tables import visible

PROGRAM_VARIABLE = "KAJABI_GUARD_PROGRAM"  # set by the script in a checkout: how it was called
_ON_PRACTICE: ContextVar[bool] = ContextVar("on_practice", default=False)
# these are about where the database is, and never about the practice one
_ABOUT_CONNECTION = "connect|disconnect|demo"
_COMMAND = re.compile(
    rf"(?<![\w./'-])\./kajabi-guard(?![\w-])(?! --practice)(?P<no_practice>(?= (?:{_ABOUT_CONNECTION})\b))?"
)

BECAUSE = '--because "..."'
OTHER_EMAIL = "OTHER_EMAIL"
# how to say who was merged away, or that nobody was
LIST_MERGED = ("./kajabi-guard duplicate --from FILE", f"./kajabi-guard duplicate --none {BECAUSE}")


def program() -> str:
    """How this person types the tool's name, quoted where it has to be."""
    return quote(os.environ.get(PROGRAM_VARIABLE) or ("./kajabi-guard" if IS_CHECKOUT else "kajabi-guard"))


def note_practice(*, is_practice: bool) -> None:
    """From now on, every command that this process prints is about the practice database, or is not."""
    _ON_PRACTICE.set(is_practice)


def as_typed(text: str) -> str:
    """The text with every command as it can be pasted here; a text that went through already stays as it is."""
    on_practice = f"{program()} --practice" if _ON_PRACTICE.get() else program()
    return _COMMAND.sub(lambda found: program() if found["no_practice"] is not None else on_practice, text)


def can_be_pasted(word: str | None) -> bool:
    """Whether a word can be copied from a screen: not one with signs that nobody sees, or that move others."""
    return bool(word) and visible(word) == word


def command(name: str, *words: str | None, because: bool = True) -> str:
    """A command line that can be pasted as it is; words that are not there are left out."""
    given = [quote(word) for word in words if word]
    reason = [BECAUSE] if because else []
    # an email that begins with a hyphen would be read as an option
    is_like_option = any(word.startswith("-") for word in words if word)
    typed = [*reason, "--", *given] if is_like_option else [*given, *reason]
    return as_typed(" ".join(["./kajabi-guard", name, *typed]))
