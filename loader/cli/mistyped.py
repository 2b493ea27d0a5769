"""Command lines that cannot be understood: one paragraph with the nearest word, and a command that works.

Never repeated: a word that may be a person's, because refusals end in logs. A path is named, as in every refusal.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from ..common.errors import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

TYPED = "kajabi_guard.typed"  # where the context keeps the whole command line
PRIVATE = ("--because", "--database-url", "--only")  # reasons and emails are a person's, a connection has a password
QUOTES = "If a path or a reason has spaces, put it in quotes."
LEFT_OUT = '"..."'


def refuse_unquoted_path(ctx: click.Context, args: Sequence[str]) -> None:
    """Raise Usage with the command that works where words in a row name a file, and the first alone does not."""
    for begin in _paths_begin(ctx.command, args):
        option, value = _split(args[begin])
        if _is_file(value):
            continue
        # the longest one: of two files, the name of one can begin with the other's
        for end in range(len(args), begin + 1, -1):
            path = " ".join((value, *args[begin + 1 : end]))
            if _is_file(path):
                before = ctx.meta.get(TYPED, ())
                before = before[: len(before) - len(args)] if before else (ctx.info_name or "",)
                words = [*_repeated((*before, *args[:begin])), option + quote(path), *_repeated(args[end:])]
                raise Usage(
                    "The path of the file has spaces and no quotes around it, so its words were read one by one. "
                    f"Nothing was done. Type it like this:\n   ./kajabi-guard {' '.join(words)}\n"
                    + (
                        f"Put in again what stands as {LEFT_OUT}."
                        if LEFT_OUT in words
                        else "The quotes keep the path in one piece."
                    )
                )


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # a name that is too long, or that no file can have
        return False


def _paths_begin(command: click.Command, args: Sequence[str]) -> Iterator[int]:
    """Where a path may begin: after an option that takes one, and at any word if the command itself takes one."""
    paths = [each for each in command.params if isinstance(each.type, click.Path)]
    options = {name for each in paths if isinstance(each, click.Option) for name in each.opts}
    is_anywhere = any(isinstance(each, click.Argument) for each in paths)
    for place, word in enumerate(args):
        is_after = place > 0 and args[place - 1] in options
        if is_after or word.partition("=")[0] in options or (is_anywhere and not word.startswith("-")):
            yield place


def _split(word: str) -> tuple[str, str]:
    """``--from=merged`` as its two halves; any other word as a value."""
    name, sign, value = word.partition("=")
    return (f"{name}=", value) if sign and name.startswith("--") else ("", word)


def _repeated(words: Sequence[str]) -> list[str]:
    """Words as they can be typed again; what is private is left for the person to fill in."""
    shown: list[str] = []
    for place, word in enumerate(words):
        if place and words[place - 1] in PRIVATE:
            shown.append(LEFT_OUT)
        elif word.partition("=")[0] in PRIVATE and "=" in word:
            shown += [word.partition("=")[0], LEFT_OUT]
        else:
            shown.append(quote(word))
    return shown


def usage_text(error: click.UsageError) -> str:
    """What is wrong with a command line, in one paragraph: what, what may have been meant, and an example."""
    command = error.ctx.command if error.ctx else None
    what = _what(error, command)
    if isinstance(command, click.Group):
        name = _nearest(error.command_name, command.commands) if isinstance(error, click.NoSuchCommand) else None
        command = command.commands[name or "weekly"]
    else:
        name = command.name if command else None
    examples = [f" For example:\n   ./kajabi-guard {example}" for example in getattr(command, "examples", ())]
    more = f"`./kajabi-guard {name} --help` says more." if name else "`./kajabi-guard --help` lists all commands."
    return f"{what} Nothing was done.{''.join(examples[:1])}\n{more}"


def _what(error: click.UsageError, command: click.Command | None) -> str:
    name = command.name if command and not isinstance(command, click.Group) else "kajabi-guard"
    if isinstance(error, click.NoSuchCommand):
        return _no_command(error, command)
    if isinstance(error, click.NoSuchOption):
        return f"{name} has no option {_no_option(error, command)}"
    if isinstance(error, click.BadOptionUsage):
        option = next((each for each in (command.params if command else ()) if error.option_name in each.opts), None)
        is_flag = isinstance(option, click.Option) and option.is_flag
        return f"{error.option_name} {'stands alone and takes no value' if is_flag else 'needs a value after it'}."
    if isinstance(error, click.BadParameter) and error.param:
        named = _named(error.param, error.ctx)
        if isinstance(error, click.MissingParameter):
            return f"{name} needs {named}{_meaning(error.param)}."
        return f"{named} must be {_wanted(error.param.type)}."
    pieces = " ".join(command.collect_usage_pieces(error.ctx)[1:]) if command and error.ctx else ""
    return f"{name} was given more words than it takes. It takes {pieces or 'options only'}.{_quotes(command)}"


def _quotes(command: click.Command | None) -> str:
    """Which words of this command may have spaces, and must then be quoted."""
    params = [each for each in (command.params if command else ()) if not getattr(each, "hidden", False)]
    may = [
        *(["a path"] if any(isinstance(each.type, click.Path) for each in params) else []),
        *(["a reason"] if any("--because" in each.opts for each in params) else []),
    ]
    return f" If {' or '.join(may)} has spaces, put it in quotes." if may else ""


def _no_command(error: click.NoSuchCommand, command: click.Command | None) -> str:
    nearest = _nearest(error.command_name, command.commands) if isinstance(command, click.Group) else None
    # a word near to a command is a slip of the keys; any other may be anything
    if nearest:
        return f"There is no command `{error.command_name}`. Did you mean `{nearest}`?"
    return "The first word is not a command of kajabi-guard."


def _no_option(error: click.NoSuchOption, command: click.Command | None) -> str:
    options = [each.opts[0] for each in (command.params if command else ()) if isinstance(each, click.Option)]
    nearest = _nearest(error.option_name, [*options, "--help"])
    if nearest:
        return f"{error.option_name}. Did you mean {nearest}?"
    # an email that begins with a hyphen is read as an option, too
    return f"{error.option_name}." if re.fullmatch(r"--[a-z-]+", error.option_name) else "of this name."


def _named(param: click.Parameter, ctx: click.Context | None) -> str:
    """A parameter as the help names it."""
    metavar = param.make_metavar(ctx) if ctx else ""
    return f"{param.opts[0]} {metavar}".strip() if isinstance(param, click.Option) else metavar


def _meaning(param: click.Parameter) -> str:
    """What the help says that a missing word is."""
    meaning = next(iter(getattr(param, "words", {}).values()), "").rstrip(".")
    if not meaning:
        return ""
    return f": {meaning}" if meaning.startswith("Kajabi") else f": {meaning[0].lower()}{meaning[1:]}"


def _wanted(kind: click.ParamType[Any]) -> str:
    """What a value must be. click's own message repeats the value."""
    if isinstance(kind, click.Choice):
        return f"one of {', '.join(map(str, kind.choices))}"
    if isinstance(kind, click.IntRange):
        least = f", at least {kind.min}" if kind.min is not None else ""
        return f"a whole number{least}{f' and at most {kind.max:,}' if kind.max is not None else ''}"
    return {"integer": "a whole number", "float": "a number"}.get(kind.name, f"a {kind.name}")


def _nearest(word: str, words: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(word.lower(), list(words), n=1)), None)
