"""What an ``apply`` did, as data, as JSON and in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

SHORTEST_FINGERPRINT = 8


@dataclass(frozen=True)
class Run:
    """What an ``apply`` did. ``status``: applied, rehearsed (dry run) or already_applied."""

    status: str
    fingerprint: str
    run_id: int | None = None
    updated_contacts: int = 0
    inserted_contacts: int = 0
    values_written: int = 0
    links_written: int = 0
    protected_values_changed: int = 0
    is_partial: bool = False
    enriched_before: dict[str, int] = field(default_factory=dict)
    enriched_after: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The document of ``apply --json``."""
        return asdict(self)

    def as_text(self) -> str:
        """What a person reads after ``apply``."""
        short = self.fingerprint[:SHORTEST_FINGERPRINT]
        if self.status == "already_applied":
            return f"Plan {short} was applied already, as run {self.run_id}. Nothing to do, and nothing was done."
        counts = (
            f"{self.updated_contacts:,} contacts filled ({self.values_written:,} values, {self.links_written:,} Kajabi "
            f"ids), {self.inserted_contacts:,} contacts inserted, "
            f"{self.protected_values_changed} protected values changed."
        )
        enriched = "\n".join(
            f"   {name:<24}{before:>9,}  ->{self.enriched_after[name]:>9,}"
            for name, before in self.enriched_before.items()
        )
        if self.status == "rehearsed":
            head = f"Rehearsed plan {short}: everything was done and taken back. It would be: "
            tail = f"Next:\n   ./kajabi-guard apply {short}"
        else:
            head = f"Applied plan {short} as run {self.run_id}: "
            tail = "Next week:\n   ./kajabi-guard weekly FILE"
            if self.is_partial:
                tail = "It was a part plan. Next, for everybody else:\n   ./kajabi-guard plan"
        return f"{head}{counts}\nEnriched contacts, before and after:\n{enriched}\n{tail}"
