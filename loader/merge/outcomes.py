"""What an ``apply`` or an ``undo`` did, as data, as JSON and in words; and all that was done, from the ledger."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ..database.statements import statement

if TYPE_CHECKING:
    from ..database.connection import Connection

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

    @property
    def is_written(self) -> bool:
        """Whether this run has something to commit."""
        return self.status == "applied"

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
            head = f"Rehearsed plan {short}: everything was done, then rolled back. It would be: "
            tail = ""
        else:
            head = f"Applied plan {short} as run {self.run_id}: "
            tail = f"\nTo undo it:\n   ./kajabi-guard undo {self.run_id}"
        return f"{head}{counts}\nEnriched contacts, before and after:\n{enriched}{tail}"


@dataclass(frozen=True)
class Kept:
    """A value, or a contact as a whole (``field`` is None), that is not undone, and why. Never the value itself."""

    contact_id: str
    email: str | None
    field: str | None
    reason: str

    @property
    def why(self) -> str:
        """The reason in words."""
        if self.reason.startswith("referenced by "):
            return f"other tables point at it: {self.reason.removeprefix('referenced by ')}"
        return WHY_KEPT[self.reason]


WHY_KEPT = {
    "edited": "changed here since",
    "later_run": "a later run wrote it",
    "erased": "the person was forgotten: nothing of theirs is kept",
    "gone": "the contact no longer exists",
    "no_column": "contacts no longer has this column",
    "key_taken": "another contact has this email or id",
    "protected": "protected here since",
    "touched": "changed here since it was inserted",
    "spoken_of": "protected, decided or recorded here since",
    "not_noted": "inserted before this tool kept a record of it",
    "not_inserted": "not inserted by this run",
    "no_right": "the owner of the ledger may not delete",
    "foreign_trigger": "a trigger of somebody else would run with the rights of the owner of the ledger",
    "there_again": "a contact with this id is there",
    "merged_away": "merged away since",
}


@dataclass(frozen=True)
class Undone:
    """What an ``undo`` did. ``status``: applied, rehearsed (dry run), already_undone, plan_stands or nothing.

    ``undoes_run`` is the run that was undone; ``undone_by`` the run that had done it before, or by which its plan
    stands again; ``continues_run`` the undo with whose leftovers this one went on.
    """

    status: str
    undoes_run: int
    run_id: int | None = None
    undone_by: int | None = None
    continues_run: int | None = None
    updated_contacts: int = 0
    inserted_contacts: int = 0
    removed_contacts: int = 0
    values_written: int = 0
    links_written: int = 0
    unknown_sources: int = 0
    kept: tuple[Kept, ...] = ()

    @property
    def is_written(self) -> bool:
        """Whether this run has something to commit."""
        return self.status == "applied"

    def as_json(self) -> dict[str, Any]:
        """The document of ``undo --json``."""
        return {**asdict(self), "kept": [{**asdict(kept), "why": kept.why} for kept in self.kept]}

    def as_text(self) -> str:
        """What a person reads after ``undo``; the list of what was kept comes after it."""
        undone = f"run {self.undoes_run}"
        if self.status == "already_undone":
            left = f" It kept {len(self.kept):,}, and still cannot undo them." if self.kept else ""
            return f"{undone.capitalize()} was undone already, by run {self.undone_by}. Nothing to do.{left}"
        if self.status == "plan_stands":
            return (
                f"The plan that {undone} undid was applied again, as run {self.undone_by}. Nothing to do: "
                f"what it wrote stands."
            )
        kept = f"Kept, because it is no longer as this run wrote it: {len(self.kept):,}." if self.kept else ""
        if self.status == "nothing":
            return f"Nothing of {undone} can be undone, and nothing was done. {kept}".strip()
        counts = (
            f"{self.values_written:,} values and {self.links_written:,} Kajabi ids on {self.updated_contacts:,} "
            f"contacts are as they were before it, {self.removed_contacts:,} contacts removed, "
            f"{self.inserted_contacts:,} inserted again."
        )
        unknown = (
            f"{undone.capitalize()} is older than the record of who gave a value before: the source of "
            f"{self.unknown_sources:,} of these values is left blank."
            if self.unknown_sources
            else ""
        )
        if self.status == "rehearsed":
            head = f"Rehearsed the undo of {undone}: everything was done, then rolled back. It would be: "
            tail = f"Next:\n   ./kajabi-guard undo {self.undoes_run}"
        else:
            rest = f"what run {self.continues_run} had left of " if self.continues_run else ""
            head = f"Undid {rest}{undone}, as run {self.run_id}: "
            tail = f"To write it again:\n   ./kajabi-guard undo {self.run_id}"
        return "\n".join(line for line in (head + counts, unknown, kept, tail) if line)


def read_history(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Return the newest ``limit`` runs, newest first: who, when, which plan, the counts, and what became of each."""
    return connection.execute(statement("history"), {"limit": limit}).fetchall()
