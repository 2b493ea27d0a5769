"""The page ``docs/who-owns-what.md``, made from the seeds: per field who wins, and what Kajabi may do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import jinja2

from loader.common.paths import PROJECT
from loader.database.statements import statement
from rules_pages import codes, seed, sentences, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rules_pages import Row

PAGE = PROJECT / "docs" / "who-owns-what.md"
TEXT = PROJECT / "docs" / "who-owns-what.template"

TRUTH = {
    "fill_blank": "your database",
    "follow_kajabi": "Kajabi, where nobody else gave the value",
    "never": "your database",
}
MAY = {
    "fill_blank": "fill a blank of yours, and nothing else",
    "follow_kajabi": "fill a blank of yours, and replace its own earlier value by a newer one",
    "never": "nothing",
}


def write_page(page: Path = PAGE) -> None:
    """Write the page anew from the seeds as they are."""
    page.write_text(make_page(), encoding="utf-8")


def make_page() -> str:
    """Return the whole page: the prose of the template, with every part made from the seeds and the SQL."""
    policies, rules = seed("field_policies"), seed("decision_rules")
    guards = seed("guards")
    parts = {
        "answers": table(
            ("field", "source of truth", "Kajabi may", "another owner is proven by"),
            [
                (f"`{p['field']}`", TRUTH[p["policy"]], f"{MAY[p['policy']]} (`{p['policy']}`)", codes(p["evidence"]))
                for p in policies
            ],
        ),
        "owners": "\n".join(_owners(seed("source_priorities"))),
        "fields": "\n\n".join(_field(group) for group in _groups(policies)),
        "followed": _rules(row for row in rules if row["action"] != row["action_if_followed"]),
        "kept": _rules(_still_kept(rules)),
        "overridable": _labels(row for row in guards if row["is_overridable"] == "true"),
        "final": _labels(row for row in guards if row["is_overridable"] == "false"),
        "held": table(
            ("reason", "means", "a match override can be"),
            [(f"`{r['hold_reason']}`", r["label"], codes(r["settle_with"]) or "nothing") for r in seed("hold_reasons")],
        ),
        "never": _sentence_list(column for column in contact_columns() if column not in written_columns()),
        "written": _sentence_list(written_columns()),
    }
    template = jinja2.Template(
        TEXT.read_text(encoding="utf-8"), undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    return template.render(parts)


def contact_columns() -> list[str]:
    """The columns of ``contacts``, in the shape that docs/flow.md describes."""
    table = statement("demo_contacts").partition("create table")[2].partition("\n);")[0]
    return re.findall(r"(?m)^    (\w+) ", table)


def written_columns() -> list[str]:
    """The columns that the one write sets on an existing contact."""
    return re.findall(r'(?m)^        "(\w+)" = planned\."\1"', statement("merge_contacts"))


def _owners(sources: Sequence[Row]) -> Iterable[str]:
    kinds = {"named": "protects", "legacy": "kept, its origin is unproven", "own": "no protection against Kajabi"}
    unknown = "1. **any other label**: protects, and the report lists it."
    told = False
    for row in sorted(sources, key=lambda source: int(source["priority"])):
        if row["provenance_class"] != "named" and not told:
            yield unknown
            told = True
        label = f"`{row['source']}{'...' if row['is_prefix'] == 'true' else ''}`"
        yield f"1. **{row['label']}** ({label}): {kinds[row['provenance_class']]}.\n   {sentences(row['why'], '   ')}"


def _groups(policies: Sequence[Row]) -> list[list[Row]]:
    """Each field on its own; the six of an address together."""
    alone = [[row] for row in policies if row["is_address"] == "false"]
    return [*alone, [row for row in policies if row["is_address"] == "true"]]


def _field(group: Sequence[Row]) -> str:
    first = group[0]
    is_address = first["is_address"] == "true"
    title = "The address" if is_address else first["field"].replace("_", " ").capitalize()
    evidence = sorted({column.strip() for row in group for column in row["evidence"].split(",")}, reverse=True)
    lines = [
        f"### {title}",
        "",
        (
            f"Who wins: another owner, proven by {codes(', '.join(evidence))}, a person who protected the field, "
            "the source that the ledger records, or the source of the contact where that is not Kajabi."
        ),
        "Where there is none, your value wins over Kajabi's"
        + (
            ", unless yours is still the one that Kajabi gave and Kajabi's is newer."
            if first["policy"] == "follow_kajabi"
            else "."
        ),
        f"Kajabi may today: {MAY[first['policy']]} (policy `{first['policy']}`).",
    ]
    if is_address:
        lines.append("The six fields are decided as one, and must have one and the same policy.")
    for why in dict.fromkeys(row["why"] for row in group):
        named = f"`{next(row['field'] for row in group if row['why'] == why)}`: " if is_address else "Why: "
        if not (is_address and why.startswith("Part of the address")):
            lines.append(named + sentences(why, ""))
    return "\n".join(lines)


def _still_kept(rules: Sequence[Row]) -> list[Row]:
    """The rules that keep our value also under ``follow_kajabi``, of those that come before the one that follows."""
    changed = next(int(row["rule_order"]) for row in rules if row["action"] != row["action_if_followed"])
    kept = [row for row in rules if row["action"] == row["action_if_followed"] == "keep"]
    return [row for row in kept if int(row["rule_order"]) < changed and row["rule"] != "policy_never"]


def _rules(rows: Iterable[Row]) -> str:
    return "\n".join(f"- `{row['rule']}` ({row['label']}): {sentences(row['meaning'], '  ')}" for row in rows)


def _labels(rows: Iterable[Row]) -> str:
    return "\n".join(f"- `{row['guard']}`: {row['passed_label']}." for row in rows)


def _sentence_list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
