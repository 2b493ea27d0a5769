"""What ``docs/rules.md`` and the runbook say of each rule, guard and quarantine reason, made from the seeds.

A text stands in its seed row only. What is made stands between two marks on its page; the rest is written by hand.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from loader.common.paths import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

RULES = PROJECT / "docs" / "rules.md"
RUNBOOK = PROJECT / "docs" / "runbook.md"
Row = dict[str, str]

BEGIN, END = "<!-- {name}: made from the seeds by `make docs` -->\n\n", "\n\n<!-- end of {name} -->"
# when a value that a rule keeps needs review, as its entry says it
REVIEWS = {"new": "", "first": ", for review at first", "always": ", always for review"}
# a remedy that ends with the override of a guard: what to do, and when the override is right
OVERRIDE = re.compile(r"(.*) If ([^.:]*): `apply FINGERPRINT --accept .*`\.")


def write_pages() -> list[Path]:
    """Write what is made from the seeds into both pages; returns them."""
    for page in (RULES, RUNBOOK):
        page.write_text(make_page(page), encoding="utf-8")
    return [RULES, RUNBOOK]


def make_page(page: Path) -> str:
    """Return the page with every part between two marks made anew, and all else as it is."""
    text = page.read_text(encoding="utf-8")
    for name, part in _parts(page).items():
        begin, end = BEGIN.format(name=name), END.format(name=name)
        if not text.count(begin) == text.count(end) == 1:
            raise ValueError(f"{page.name} does not have both marks of {name}, each once")
        text = text.partition(begin)[0] + begin + part + end + text.partition(end)[2]
    return text


def _parts(page: Path) -> dict[str, str]:
    """What is made on a page, by the name in its marks."""
    rules, guards, reasons = seed("decision_rules"), seed("guards"), seed("hold_reasons")
    if page.name == RUNBOOK.name:
        return {"the guards": _guard_table(guards)}
    return {
        "the survivorship rules": _entries((row["rule"], f"**{row['label']}** ({_does(row)})", row) for row in rules),
        "the guards": _entries(
            (row["guard"], f"**{row['passed_label']}** (red: {row['failed_label']})", row) for row in guards
        ),
        "the reasons": _reason_table(reasons),
        "the quarantine reasons": _entries((row["hold_reason"], f"**{row['label']}**", row) for row in reasons),
    }


def _does(rule: Row) -> str:
    other = rule["action_if_followed"]
    followed = "" if other == rule["action"] else f", or {other} where the policy follows"
    return f"action: {rule['action']}{followed}{REVIEWS[rule['review']]}"


def _entries(rows: Iterable[tuple[str, str, Row]]) -> str:
    """An entry for each code: its label, what it means, an example, why, and what to do."""
    return "\n\n".join(
        f"### {code}\n\n{label}\n\n"
        + "\n\n".join(
            f"**{part}:** {sentences(text)}"
            for part, text in {
                "What": f"{row['meaning']} {row['note']}".strip(),
                "Example": row["example"],
                "Why": row["why"],
                "What to do": row["remedy"],
            }.items()
        )
        for code, label, row in rows
    )


def _guard_table(guards: Iterable[Row]) -> str:
    rows = [(f"[{row['guard']}](rules.md#{row['guard']})", row["failed_label"], *_remedy(row)) for row in guards]
    return table(("guard", "what is wrong", "what to do", "override"), rows)


def _remedy(guard: Row) -> tuple[str, str]:
    """What to do where a guard is red, and whether it can be overridden."""
    if guard["is_overridable"] == "false":
        return guard["remedy"], "no"
    found = OVERRIDE.fullmatch(guard["remedy"])
    if not found:
        raise ValueError(f"the remedy of {guard['guard']} does not end with: If ...: `apply FINGERPRINT --accept ...`.")
    return found[1], f"yes, if {found[2]}"


def _reason_table(reasons: Iterable[Row]) -> str:
    rows = [
        (f"[{row['hold_reason']}](#{row['hold_reason']})", row["label"], codes(row["settle_with"]) or "nothing")
        for row in reasons
    ]
    return table(("reason", "means", "a match override can be"), rows)


def sentences(text: str, indent: str = "") -> str:
    """One sentence a line."""
    return re.sub(r"([.?!]) +(?=[A-Z`\[])", rf"\1\n{indent}", text)


def codes(names: str) -> str:
    """Names joined by commas, each as code."""
    return ", ".join(f"`{name.strip()}`" for name in names.split(",") if name.strip())


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    first, *others = (f"| {' | '.join(line)} |" for line in (head, *rows))
    return "\n".join((first, f"|{'---|' * len(head)}", *others))


def seed(name: str) -> list[Row]:
    """The rows of a seed of the project."""
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
