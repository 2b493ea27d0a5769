"""What ``doctor`` finds, one line per check, and how it is shown."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...common.console import WIDTH
from ...common.shell_quoting import as_typed
from ...common.tables import count

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME_WIDTH = 22


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, ``ok`` / ``warning`` / ``problem``, what was found, and the remedy."""

    check: str
    status: str
    detail: str
    remedy: str = ""
    group: str = ""


def findings_text(findings: Sequence[Finding]) -> str:
    """The findings in their groups, in 80 columns, with the verdict in the last line."""
    lines: list[str] = []
    group = ""
    for finding in findings:
        if finding.group != group:
            group = finding.group
            lines += ["", group] if lines else [group]
        head = f"  {finding.status:<9}{finding.check:<{NAME_WIDTH}} "
        lines += _folded(head, finding.detail)
        if finding.remedy:
            lines += _folded(f"{'':<{len(head)}}-> ", as_typed(finding.remedy))
    numbers = [count(len([each for each in findings if each.status == status]), status) for status in _STATUSES]
    return "\n".join([*lines, "", f"{' and '.join(numbers)}."])


_STATUSES = ("problem", "warning")


def _folded(head: str, text: str) -> list[str]:
    indent = " " * len(head)
    # a path or an address may be longer than the line
    return textwrap.wrap(text, WIDTH, initial_indent=head, subsequent_indent=indent, break_on_hyphens=False)
