"""The page ``docs/who-owns-what.md``, made from the seeds: per field who wins, and what Kajabi may do."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from loader.common.paths import PROJECT
from loader.database.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

PAGE = PROJECT / "docs" / "who-owns-what.md"
TEXT = PROJECT / "docs" / "who-owns-what.template"
Row = dict[str, str]

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
    """Return the whole page: the prose of the template, with each ``{{name}}`` made from the seeds and the SQL."""
    policies, rules = _seed("field_policies"), _seed("decision_rules")
    guards = _seed("guards")
    parts = {
        "answers": _table(
            ("field", "source of truth", "Kajabi may", "another owner is proven by"),
            [
                (f"`{p['field']}`", TRUTH[p["policy"]], f"{MAY[p['policy']]} (`{p['policy']}`)", _codes(p["evidence"]))
                for p in policies
            ],
        ),
        "owners": "\n".join(_owners(_seed("source_priorities"))),
        "fields": "\n\n".join(_field(group) for group in _groups(policies)),
        "followed": _rules(row for row in rules if row["action"] != row["action_if_followed"]),
        "kept": _rules(_still_kept(rules)),
        "overridable": _labels(row for row in guards if row["is_overridable"] == "true"),
        "final": _labels(row for row in guards if row["is_overridable"] == "false"),
        "held": _table(
            ("reason", "means", "settled with"),
            [
                (f"`{r['hold_reason']}`", r["label"], _codes(r["settle_with"]) or "nothing to settle")
                for r in _seed("hold_reasons")
            ],
        ),
        "never": _sentence_list(column for column in contact_columns() if column not in written_columns()),
        "written": _sentence_list(written_columns()),
    }
    return re.sub(r"{{(\w+)}}", lambda name: parts[name[1]], TEXT.read_text(encoding="utf-8"))


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
        yield f"1. **{row['label']}** ({label}): {kinds[row['provenance_class']]}.\n   {_lines(row['why'], '   ')}"


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
            f"Who wins: another owner, proven by {_codes(', '.join(evidence))}, a person who protected the field, "
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
            lines.append(named + _lines(why, ""))
    return "\n".join(lines)


def _still_kept(rules: Sequence[Row]) -> list[Row]:
    """The rules that keep our value also under ``follow_kajabi``, of those that come before the one that follows."""
    changed = next(int(row["rule_order"]) for row in rules if row["action"] != row["action_if_followed"])
    kept = [row for row in rules if row["action"] == row["action_if_followed"] == "keep"]
    return [row for row in kept if int(row["rule_order"]) < changed and row["rule"] != "policy_never"]


def _rules(rows: Iterable[Row]) -> str:
    return "\n".join(f"- `{row['rule']}` ({row['label']}): {_lines(row['meaning'], '  ')}" for row in rows)


def _labels(rows: Iterable[Row]) -> str:
    return "\n".join(f"- `{row['guard']}`: {row['passed_label']}." for row in rows)


def _lines(text: str, indent: str) -> str:
    """One sentence a line."""
    return re.sub(r"([.?!]) +(?=[A-Z])", rf"\1\n{indent}", text)


def _codes(names: str) -> str:
    return ", ".join(f"`{name.strip()}`" for name in names.split(",") if name.strip())


def _sentence_list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" if line[0] != "---" else f"|{'|'.join(line)}|" for line in lines)


def _seed(name: str) -> list[Row]:
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
