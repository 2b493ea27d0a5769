"""The parts of a report's document, each with its names: what one reads of it, the others call by the same name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True)
class Plan:
    """Which plan it is, made from which export, and where."""

    database: str
    is_practice: bool
    load_id: int
    file_name: str
    loaded_at: datetime
    planned_at: datetime
    fingerprint: str
    policy_version: str
    is_partial: bool

    @property
    def short(self) -> str:
        """The fingerprint as people type it."""
        return self.fingerprint[:8]


@dataclass(frozen=True)
class Undone:
    """The run that undid what was written, and what it left because it was no longer the run's own."""

    run_id: int
    finished_at: datetime
    done_by: str
    values_left: int
    contacts_left: int


@dataclass(frozen=True)
class Written:
    """The run that wrote the plan; ``accepted`` are the guards that somebody accepted for it, each with the reason."""

    run_id: int
    finished_at: datetime
    done_by: str
    accepted: Mapping[str, str]
    undone: Undone | None


@dataclass(frozen=True)
class Writes:
    """Whom the plan writes to; a part plan leaves others outside."""

    updated_contacts: int
    inserted_contacts: int
    outside_this_plan: int


@dataclass(frozen=True)
class Contacts:
    """How the contacts and the rows of the export meet; ``held`` rows are quarantined."""

    held: int
    in_database: int
    in_export: int
    matched: int
    new: int
    only_in_database: int


@dataclass(frozen=True)
class Values:
    """What becomes of the values that differ; those that need review are among the kept ones."""

    fill: int
    keep: int
    link: int
    update: int
    needs_review: int

    @property
    def written(self) -> int:
        """How many are written on people who are here already."""
        return self.fill + self.update + self.link


@dataclass(frozen=True)
class Rule:
    """One rule of the seed, what it does, and how many values it decided."""

    rule: str
    label: str
    action: str
    count_values: int
    count_needs_review: int


@dataclass(frozen=True)
class Outcome:
    """What becomes of the differences of one field by one rule."""

    field: str
    outcome: str
    rule: str
    label: str
    count_values: int
    count_needs_review: int


@dataclass(frozen=True)
class OldImportNow:
    """What this plan does with the very values that the old import would have changed."""

    kept: int
    filled: int
    updated: int


@dataclass(frozen=True)
class OldImport:
    """What the old import would have changed."""

    contacts_changed: int
    corrected_contacts: int
    enriched_contacts: int
    enriched_linked_to_paypal: int
    enriched_linked_to_zoho: int
    relabelled_contacts: int
    values_changed: int
    values_by_field: Mapping[str, int]
    now: OldImportNow


@dataclass(frozen=True)
class Enrichment:
    """How much of the contacts came from elsewhere than Kajabi."""

    linked_to_paypal: int
    linked_to_zoho: int
    names_from_paypal: int
    phones_from_others: int
    shipping_addresses: int
    with_phone: int


@dataclass(frozen=True)
class Addresses:
    """How our addresses and Kajabi's compare."""

    match: int
    missing_here: int
    missing_in_kajabi: int
    needs_update: int
    only_in_database: int
    only_in_export: int


@dataclass(frozen=True)
class Corrections:
    """What became of the corrections that were sent to Kajabi."""

    arrived: int
    not_yet: int
    otherwise: int
    sent: int


@dataclass(frozen=True)
class Week:
    """One import that was written: how far we diverged from Kajabi then."""

    run_id: int
    finished_at: str
    file_name: str | None
    differences: int
    kept: int
    needs_review: int
    held: int
    filled: int
    inserted: int


@dataclass(frozen=True)
class PlanBefore:
    """The plan that was made before this one, and how many cells the two do not write alike."""

    fingerprint: str
    load_id: int
    is_partial: bool
    file_name: str | None
    added: int
    gone: int
    changed: int


@dataclass(frozen=True)
class Held:
    """Quarantined rows of the export: for what reason, and what to do."""

    hold_reason: str
    label: str
    remedy: str
    count_rows: int


@dataclass(frozen=True)
class Owner:
    """Whose values met a difference, and how many are kept because of it."""

    owner_label: str
    owner_class: str
    count_values: int


@dataclass(frozen=True)
class Reported:
    """What is only reported, never written; and source labels that the seed does not know."""

    vanished_contacts: int
    email_changes: int
    unknown_labels: tuple[str, ...]


@dataclass(frozen=True)
class Guard:
    """What a guard found; None where it gave no answer."""

    guard: str
    label: str
    failed_label: str
    is_overridable: bool
    violations: int | None
    passed: bool

    @property
    def told(self) -> str:
        """What people read: the sentence of health where it is green, what is wrong where it is red."""
        return self.label if self.passed else self.failed_label
