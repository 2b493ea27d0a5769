"""The commands by which a person has their say: duplicate, decide, protect, unprotect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..common.console import say
from ..common.errors import Usage
from ..stewardship import merged_contacts
from ..stewardship import overrides as decisions
from ..stewardship.overrides import require_reason
from . import steps
from .options import announced, because_option, list_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("emails", nargs=-1, metavar="[OLD_EMAIL SURVIVOR_EMAIL]")
@list_option
@click.option("--none", "is_none", is_flag=True, help="Nobody was ever merged away here.")
@click.option("--backfill", is_flag=True, help="Take them from the table contacts_merge_backup.")
@because_option
@click.pass_context
def duplicate(
    context: click.Context,
    emails: tuple[str, ...],
    file: Path | None,
    because: str | None,
    *,
    is_none: bool,
    backfill: bool,
) -> None:
    """Record who was merged away and must not return."""
    if [len(emails) > 0, file is not None, is_none, backfill].count(True) != 1 or len(emails) not in {0, 2}:
        raise Usage(
            "Give OLD_EMAIL SURVIVOR_EMAIL, or --from FILE, or --backfill, or --none --because REASON. "
            "Nothing was recorded."
        )
    reason = require_reason(because) if is_none else because
    with announced(context, "duplicate") as connection:
        if is_none:
            merged_contacts.declare_none(connection, str(reason))
            say("Recorded: nobody was merged away here. New contacts are inserted from the next plan on.")
            steps.say_next(connection)
        elif backfill:
            steps.tell(connection, merged_contacts.backfill(connection))
        elif file is not None:
            steps.tell(connection, merged_contacts.record_file(connection, file, because=because))
        else:
            steps.tell(
                connection, [{"record": 1, "outcome": merged_contacts.record(connection, *emails, because=because)}]
            )


@click.command()
@click.argument("words", nargs=-1, metavar="[EMAIL FIELD|address ours|kajabi]")
@list_option
@because_option
@click.pass_context
def decide(context: click.Context, words: tuple[str, ...], file: Path | None, because: str | None) -> None:
    """Decide a cell, an address or a held row.

    EMAIL FIELD|address ours|kajabi decides a cell or an address, for exactly the value that Kajabi has now.
    EMAIL same-as OTHER_EMAIL, EMAIL new and EMAIL ignore settle a held row; EMAIL may be a Kajabi id then.
    """
    if (file is None) == (not words) or (words and len(words) not in {2, 3}):
        raise Usage("Give EMAIL FIELD ours|kajabi, or EMAIL same-as OTHER_EMAIL|new|ignore, or --from FILE.")
    reason = because or "" if file is not None else require_reason(because)
    with announced(context, "decide") as connection:
        if file is not None:
            steps.tell(connection, decisions.decide_file(connection, file, reason))
            return
        email, field, last = (*words, None)[:3]
        steps.tell(
            connection, [{"record": 1, "outcome": decisions.decide(connection, str(email), str(field), last, reason)}]
        )


@click.command()
@click.argument("words", nargs=-1, metavar="[EMAIL [FIELD|address]]")
@list_option
@because_option
@click.pass_context
def protect(context: click.Context, words: tuple[str, ...], file: Path | None, because: str | None) -> None:
    """Protect a field, an address or a contact from Kajabi.

    EMAIL email_subscribed notes that the person opted out of our emails: no file for Kajabi has them any more.
    """
    _protect(context, words, file, because, is_protected=True)


@click.command()
@click.argument("words", nargs=-1, metavar="[EMAIL [FIELD|address]]")
@list_option
@because_option
@click.pass_context
def unprotect(context: click.Context, words: tuple[str, ...], file: Path | None, because: str | None) -> None:
    """Take such a protection away again."""
    _protect(context, words, file, because, is_protected=False)


def _protect(
    context: click.Context, words: tuple[str, ...], file: Path | None, because: str | None, *, is_protected: bool
) -> None:
    if (file is None) == (not words) or len(words) not in {0, 1, 2}:
        raise Usage("Give EMAIL, or EMAIL FIELD, or EMAIL address, or --from FILE. Nothing was recorded.")
    reason = because or "" if file is not None else require_reason(because)
    with announced(context, "protect" if is_protected else "unprotect") as connection:
        if file is not None:
            steps.tell(connection, decisions.protect_file(connection, file, reason, is_protected=is_protected))
            return
        email, field = (*words, None)[:2]
        outcome = decisions.protect(connection, str(email), field, reason, is_protected=is_protected)
        steps.tell(connection, [{"record": 1, "outcome": outcome}])


person_commands = (duplicate, decide, protect, unprotect)
