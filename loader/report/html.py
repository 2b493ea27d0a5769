"""``impact.html``: the report as one page for a browser. It needs no network and no script, and asks nobody anything.

The numbers are those of ``read_report``'s document, the lists those of ``sql/``; nothing is decided here.
Every value is escaped by the template engine; control and direction characters are shown as in the terminal.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jinja2
from markupsafe import Markup

from ..common import paths
from ..common.fields import FIELD_NAMES
from ..common.layout import moment
from ..common.private_files import begun_lists, private_folder
from ..common.shell_quoting import LIST_MERGED, as_typed, can_be_pasted, command
from ..common.tables import count, visible
from ..database.statements import statement
from . import charts, wording
from .explain.read import read_rows
from .explain.screen import KEYS
from .screen import FINDINGS_SHOWN
from .summary import answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..database.connection import Connection
    from .document import Document, Rows

PAGE = "impact.html"
TO_DECIDE = "to_decide.csv"  # the list that people fill in
TEMPLATES = Path(__file__).parent / "templates"
# what a page shows of each list: a browser stays quick, and the CSV beside it has all of it
SHOWN = {"planned_changes": 500, "new_contacts": 300, "to_decide": 300, "skipped_updates": 1000}
SHOWN_OF = {**SHOWN, "plan_difference": 300}
LABELS_SHOWN = 20  # of sources; a site can have put anything into the columns that name them
LONGEST_VALUE = 500  # characters


class Listed(NamedTuple):
    """The first rows of a list, how many there are, and the file beside the page that has them all."""

    rows: Rows
    total: int
    file: str | None = None


def read_lists(connection: Connection, document: Document, known: Mapping[str, Listed] | None = None) -> dict[str, Any]:
    """Read everything of the page that is no figure: the first rows of every list, and what explains them.

    Lists that are ``known`` by the names of their statements are not read again. What a red guard found is asked only
    where one is red.
    """
    names = [*SHOWN, *(["plan_difference"] if document.before else [])]
    read = {name: known[name] if known else first_rows(connection, name, SHOWN_OF[name]) for name in names}
    lists = {name: read[name] for name in SHOWN}
    lists["differences"] = read.get("plan_difference", Listed((), 0))
    set_aside = [row["export_row"] for row in lists["to_decide"].rows if row["export_row"] is not None]
    return {
        **lists,
        "held": {row["row_number"]: row for row in read_rows(connection, set_aside)},
        "evidence": guard_evidence(connection, document),
        "explanations": {row["label"]: row for row in connection.execute(statement("explanations"))},
    }


def guard_evidence(
    connection: Connection, document: Document, limit: int | None = FINDINGS_SHOWN
) -> dict[str, list[dict[str, Any]]]:
    """The first rows that each red guard found, or with None all of them."""
    evidence: dict[str, list[dict[str, Any]]] = {}
    red = {guard.guard for guard in document.red}
    if red:
        for row in connection.execute(statement("guard_evidence"), {"limit": limit}):
            if row["guard"] in red:
                evidence.setdefault(row["guard"], []).append(row)
    return evidence


def first_rows(connection: Connection, name: str, limit: int) -> Listed:
    """Return the first rows of a list, and how many there are."""
    with connection.cursor() as cursor:
        cursor.execute(statement(name))
        return Listed(cursor.fetchmany(limit), cursor.rowcount, f"{name}.csv")


def render(document: Document, lists: Mapping[str, Any], folder: Path) -> str:
    """Return the page as text; ``folder`` is where it will lie, beside its CSV files. Reads and writes nothing."""
    style, script = _inline("impact.css"), _inline("impact.js")
    return _templates().get_template("impact.html.j2").render(
        document=document,
        lists=lists,
        answer=answer(document),
        words=wording,
        short=document.plan.short,
        planned_at=moment(document.plan.planned_at),
        style=style,
        script=script,
        policy=_content_policy(style, script),
        by_field=charts.outcomes_by_field(document.outcomes),
        reasons=charts.reasons_to_keep(document.outcomes),
        old_import=charts.bars(
            (field, {"keep": number}) for field, number in document.old_import["values_by_field"].items()
        ),
        owners=charts.bars(
            (owner["owner_label"], {"keep": owner["count_values"]}) for owner in document.owners[:LABELS_SHOWN]
        ),
        addresses=charts.bars((key, {"keep": document.addresses[key]}) for key in wording.ADDRESSES),
        enrichment=charts.bars((key, {"keep": document.enrichment[key]}) for key in wording.ENRICHMENT),
        weeks=charts.weeks(document.weeks),
        kinds=charts.KINDS,
        labels_shown=LABELS_SHOWN,
        keys=KEYS,
        owner_rules=OWNER_RULES,
        field_names={**FIELD_NAMES, "new_contact": "new contact", "address": "address"},
        red=wording.red_guards(document),
        accept=wording.accept(document),
        list_merged=LIST_MERGED,
        decide_file=decide_command(folder / TO_DECIDE),
        begun={path.name: decide_command(path) for path in begun_lists(folder, TO_DECIDE)},
    )  # fmt: skip


# where the owner of the value is the reason, it is named
OWNER_RULES = ("contact_owned_elsewhere", "field_owned_elsewhere", "legacy_owner")


def commands(row: Mapping[str, Any]) -> list[str]:
    """The commands that decide a line of ``to_decide``, one for each verdict that it allows; each can be pasted.

    None for a line that stands for many people, or whose person cannot be typed: the file decides those.
    """
    email = row["email"]
    if not can_be_pasted(email):
        return []
    return [command("decide", email, row["field"], verdict) for verdict in row["possible_verdicts"].split(", ")]


def decide_command(path: Path) -> str:
    """The command that hands a filled-in list back."""
    return as_typed(f"./kajabi-guard decide --from {shlex.quote(str(path))}")


def shown(value: object) -> str:
    """A value as the page shows it: what cannot be seen as U+XXXX, and a very long one cut, saying how long it is."""
    text = "" if value is None else str(value)
    cut = f"{text[:LONGEST_VALUE]} … ({len(text):,} characters)" if len(text) > LONGEST_VALUE else text
    return visible(cut)


def is_blank(value: object) -> bool:
    """Whether there is nothing to show."""
    return value is None or not str(value).strip()


@cache
def _templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), bytecode_cache=compiled_templates(),
        autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    made.filters.update(
        typed=as_typed, shown=shown, counted=count, number=lambda number: f"{number:,}", commands=commands
    )
    made.tests["blank"] = is_blank
    return made


def compiled_templates() -> jinja2.BytecodeCache | None:
    """Where compiled templates are kept: ``apply`` would spend much of its time on compiling them.

    The folder is private, because what lies there is run. None where it cannot be made: then each run compiles.
    """
    folder = paths.STATE / "templates"
    with suppress(OSError):
        private_folder(folder)
        return jinja2.FileSystemBytecodeCache(str(folder))
    return None


@cache
def _inline(name: str) -> Markup:
    """Our own style or script, which stands in the page as it is; no value of anybody is in it."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704  # a file of this package


def _content_policy(style: str, script: str) -> str:
    """Nothing may be fetched, and no other style or script than ours may run, whatever a value says."""
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    return (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
