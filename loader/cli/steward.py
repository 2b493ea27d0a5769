"""The commands of the steward, who decides: duplicate, decide, protect, unprotect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..common.console import say
from ..common.errors import Usage
from ..common.fields import ADDRESS, DECIDED, FIELD_NAMES, PROTECTED, field_of, listed
from ..stewardship import merged_contacts
from ..stewardship import overrides as decisions
from ..stewardship.overrides import CELL_VERDICTS, require_reason
from . import steps
from .help import DECIDING, Argument, command
from .mistyped import QUOTES
from .options import announced, because_option, list_option

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

EMAIL = "Any email of the person, in any case."
DECISION = {
    "EMAIL": "Any email of the person; for a quarantined row, its email or Kajabi id.",
    "FIELD": f"{listed(DECIDED)}.",
    "ours": "Your value stays.",
    "kajabi": "Kajabi's value is taken; for an address, all of it.",
    "same-as": "The quarantined row is the contact with OTHER_EMAIL.",
    "new": "The quarantined row is a new contact.",
    "ignore": "The quarantined row is not imported.",
}
PROTECTION = {
    "EMAIL": EMAIL,
    "FIELD": f"{listed(PROTECTED)}; without it, the whole contact.",
}


@command(
    DECIDING, 4,
    "duplicate rosa.old@example.org rosa@example.org",
    'duplicate --from "merged people.csv"',
    'duplicate --none --because "we never merged anybody"',
    columns=merged_contacts.MERGED_COLUMNS,
)  # fmt: skip
@click.argument(
    "emails", nargs=-1, metavar="[OLD_EMAIL SURVIVOR_EMAIL]", cls=Argument,
    words={
        "OLD_EMAIL": "The email of the contact that was merged away.",
        "SURVIVOR_EMAIL": "The email of the contact it was merged into.",
    },
)  # fmt: skip
@list_option
@click.option("--none", "is_none", is_flag=True, help="Nobody was ever merged here.")
@click.option("--backfill", is_flag=True, help="Take them from your table contacts_merge_backup.")
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
    """Record merged contacts, so that no import brings them back."""
    _require_one_path(file, emails)
    if [len(emails) > 0, file is not None, is_none, backfill].count(True) != 1 or len(emails) not in {0, 2}:
        raise Usage(
            "Give one of these: OLD_EMAIL SURVIVOR_EMAIL, --from FILE, --backfill, or --none --because REASON. "
            f"Nothing was recorded. {QUOTES}"
        )
    reason = require_reason(because) if is_none else because
    with announced(context, "duplicate") as connection:
        if is_none:
            merged_contacts.declare_none(connection, str(reason))
            say("Recorded: nobody was ever merged here. From the next plan on, new contacts are inserted.")
            steps.say_next(connection)
        elif backfill:
            steps.tell(connection, merged_contacts.backfill(connection))
        elif file is not None:
            steps.tell(connection, merged_contacts.record_file(connection, file, because=because))
        else:
            steps.tell(
                connection, [{"record": 1, "outcome": merged_contacts.record(connection, *emails, because=because)}]
            )


@command(
    DECIDING, 1,
    'decide rosa@example.org last name ours --because "she married"',
    'decide rosa@example.org address kajabi --because "she told us"',
    'decide rosa.old@example.org ignore --because "a test"',
    'decide --from "to_decide.csv"',
    columns=decisions.DECIDE_COLUMNS,
)  # fmt: skip
@click.argument("words", nargs=-1, metavar="[EMAIL FIELD ours|kajabi]", cls=Argument, words=DECISION)
@list_option
@because_option
@click.pass_context
def decide(context: click.Context, words: tuple[str, ...], file: Path | None, because: str | None) -> None:
    """Choose your value or Kajabi's, or decide a quarantined row.

    It counts for exactly the value that Kajabi has now. When Kajabi's value changes, you are asked again.
    """
    _require_one_path(file, words)
    if file is None and not words:
        raise Usage(
            "Give EMAIL FIELD ours, EMAIL FIELD kajabi, EMAIL same-as OTHER_EMAIL, EMAIL new, EMAIL ignore, or "
            "--from FILE. Nothing was recorded."
        )
    decision = _decision(words) if words else None
    reason = because or "" if decision is None else require_reason(because)
    with announced(context, "decide") as connection:
        if decision is None:
            steps.tell(connection, decisions.decide_file(connection, file, reason) if file else [])
            return
        steps.tell(connection, [{"record": 1, "outcome": decisions.decide(connection, *decision, reason)}])


def _decision(words: tuple[str, ...]) -> tuple[str, str, str | None]:
    """What was typed after ``decide``: the email, the field or the verdict on a row, and the verdict or other email."""
    email, *between, last = (*words, "") if len(words) == 1 else words
    if between and last.lower() in CELL_VERDICTS:
        return email, _field(between, DECIDED | FIELD_NAMES.keys(), DECIDED), last
    if not between and last.lower() in {"new", "ignore"}:
        return email, last, None
    if field_of(" ".join(between)) == "same_as":
        return email, "same-as", last
    raise Usage(
        "After EMAIL, give FIELD and then ours or kajabi. For a quarantined row, give same-as OTHER_EMAIL, new or "
        f"ignore. Nothing was recorded. {QUOTES}"
    )


@command(
    DECIDING, 2,
    'protect rosa@example.org address --because "she moved in May"',
    'protect --from "corrected addresses.csv" --because "by us"',
    columns=decisions.PROTECT_COLUMNS,
)  # fmt: skip
@click.argument("words", nargs=-1, metavar="[EMAIL [FIELD]]", cls=Argument, words=PROTECTION)
@list_option
@because_option
@click.pass_context
def protect(context: click.Context, words: tuple[str, ...], file: Path | None, because: str | None) -> None:
    """Protect a field, an address or a contact from Kajabi.

    The field "email subscribed" records that the person opted out of your emails: no import file for Kajabi will have
    them any more.
    """
    _protect(context, words, file, because, is_protected=True)


@command(
    DECIDING, 3, 'unprotect rosa@example.org address --because "same in Kajabi"',
    columns=decisions.PROTECT_COLUMNS,
)  # fmt: skip
@click.argument("words", nargs=-1, metavar="[EMAIL [FIELD]]", cls=Argument, words=PROTECTION)
@list_option
@because_option
@click.pass_context
def unprotect(context: click.Context, words: tuple[str, ...], file: Path | None, because: str | None) -> None:
    """Remove the protection of a field, an address or a contact."""
    _protect(context, words, file, because, is_protected=False)


def _protect(
    context: click.Context, words: tuple[str, ...], file: Path | None, because: str | None, *, is_protected: bool
) -> None:
    _require_one_path(file, words)
    if file is None and not words:
        raise Usage(f"Give EMAIL, EMAIL FIELD, EMAIL {ADDRESS}, or --from FILE. Nothing was recorded.")
    field = _field(words[1:], PROTECTED, PROTECTED) if words[1:] else None
    reason = because or "" if file is not None else require_reason(because)
    with announced(context, "protect" if is_protected else "unprotect") as connection:
        if file is not None:
            steps.tell(connection, decisions.protect_file(connection, file, reason, is_protected=is_protected))
            return
        outcome = decisions.protect(connection, words[0], field, reason, is_protected=is_protected)
        steps.tell(connection, [{"record": 1, "outcome": outcome}])


def _field(words: Sequence[str], known: AbstractSet[str], possible: AbstractSet[str]) -> str:
    """The field that these words name, together: ``last name`` needs no quotes."""
    field = field_of(" ".join(words))
    if field not in known:
        raise Usage(f"There is no such field. Possible are: {listed(possible)}. Nothing was recorded. {QUOTES}")
    return field


def _require_one_path(file: Path | None, words: Sequence[str]) -> None:
    """Raise Usage where words follow a list: they are the rest of its path, or a person beside it."""
    if file is not None and words:
        raise Usage(
            "--from FILE stands without any EMAIL or other words. If the path of the file has spaces, put it in "
            'quotes: --from "merged people.csv". Nothing was recorded.'
        )


person_commands = (duplicate, decide, protect, unprotect)
