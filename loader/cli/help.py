"""What ``--help`` shows: the commands in five sections, and for each one its words, an example and its files.

Where a command belongs, its example and the columns of its files stand beside the command, in ``@command``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..common.shell_quoting import as_typed
from .mistyped import TYPED, refuse_unquoted_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..common.columns import Columns

SECTIONS = EVERY_WEEK, DECIDING, LOOKING, UNDOING, SETTING_UP = (
    "Every week", "Deciding", "Looking", "Undoing and erasing", "Setting up",
)  # fmt: skip
EPILOG = "kajabi-guard COMMAND --help shows an example, and the columns of every file."


class Argument(click.Argument):
    """Words of the command line, each with what it means."""

    def __init__(self, *declarations: Any, words: Mapping[str, str], **attributes: Any) -> None:
        """Keep what the words mean; the rest is click's."""
        super().__init__(*declarations, **attributes)
        self.words = words


class OptionWithOldName(click.Option):
    """An option that has a new name, and is still found under the old one, which the help does not show."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Give what the help shows: the first name alone."""
        record = super().get_help_record(ctx)
        return record and (record[0].split(",")[0], record[1])


class Command(click.Command):
    """A command with its place in the help, examples that can be pasted, and the columns of the file that it takes."""

    place: tuple[str, int]
    """Its section, and its number in it."""
    examples: tuple[str, ...]
    columns: Columns | None = None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Look for a path with spaces that nobody quoted, then let click read the words."""
        if not ctx.resilient_parsing:
            refuse_unquoted_path(ctx, args)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # the parser forgets it for an option without its value
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each word means, then the options."""
        words = [pair for each in self.params if isinstance(each, Argument) for pair in each.words.items()]
        if words:
            with formatter.section("Arguments"):
                formatter.write_dl(words)
        super().format_options(ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, unfolded because they are there to be pasted, and the columns."""
        super().format_epilog(ctx, formatter)
        with formatter.section("Example"):
            for example in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{typed(example)}\n")
        if self.columns:
            with formatter.section("Columns of FILE"):
                required = [(name, f"(required) {text}") for name, text in self.columns.required.items()]
                formatter.write_dl([*required, *self.columns.optional.items()])
                formatter.write_paragraph()
                formatter.write_text(self.columns.about)


def command(
    section: str, number: int, *examples: str, name: str | None = None, columns: Columns | None = None, **settings: Any
) -> Callable[[Callable[..., Any]], Command]:
    """Make a command of a function: ``number`` is its place in the section, each example a command without its tool."""

    def make(function: Callable[..., Any]) -> Command:
        made = click.command(name, cls=Command, **settings)(function)
        made.place, made.examples, made.columns = (section, number), examples, columns
        return made

    return make


def typed(example: str) -> str:
    """An example as this person types it."""
    return as_typed(f"./kajabi-guard {example}")


class Commands(click.Group):
    """All commands; the help has them by section, what is done every week first."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the whole command line: whoever explains a mistake repeats it as it was typed."""
        ctx.meta[TYPED] = tuple(args)
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the five sections, and how to learn more."""
        commands = [each for name in self.list_commands(ctx) if isinstance(each := self.commands[name], Command)]
        longest = max(map(len, self.commands))
        for section in SECTIONS:
            listed = sorted((each for each in commands if each.place[0] == section), key=lambda each: each.place)
            with formatter.section(section):
                # padded: the lines of all sections begin in one column
                formatter.write_dl(
                    [((each.name or "").ljust(longest), each.get_short_help_str(limit=80)) for each in listed]
                )
        formatter.write_paragraph()
        formatter.write_text(EPILOG)
