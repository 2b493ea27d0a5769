"""What the figures of a report are called, on the page and in the terminal alike: one word for one figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..common.shell_quoting import BECAUSE
from ..common.tables import count, visible
from ..merge.guards import expected_guards

if TYPE_CHECKING:
    from collections.abc import Mapping

FINDINGS = "guard_findings.csv"
DIFFERENCES = "plan_difference.csv"
OTHERWISE = "What this plan would do, were no guard red"

# what the figures are called, in the words of an administrator, in the order in which they are shown
ADDRESSES = {
    "match": "the same here and in Kajabi",
    "needs_update": "different: Kajabi needs ours",
    "missing_in_kajabi": "only here: Kajabi has none",
    "missing_here": "only in Kajabi: we have none",
    "only_in_database": "contact not in the export",
    "only_in_export": "export row without a contact here",
}
ENRICHMENT = {
    "phones_from_others": "phones from another source",
    "names_from_paypal": "names from PayPal",
    "shipping_addresses": "shipping addresses",
    "linked_to_zoho": "linked to Zoho",
    "linked_to_paypal": "linked to PayPal",
    "with_phone": "with a phone, whoever gave it",
}
CORRECTIONS = {
    "sent": "values sent",
    "arrived": "arrived there",
    "not_yet": "not there yet",
    "otherwise": "otherwise there, or the person is gone",
}
REPORTED = {
    "vanished_contacts": "in the database, no longer in Kajabi",
    "email_changes": "another email in Kajabi than here",
}
UNKNOWN_LABELS = "Source labels that seeds/source_priorities.csv does not know (they protect)"


def corrections(document: dict[str, Any]) -> dict[str, int]:
    """What became of the corrections that were sent to Kajabi, by its name; nothing where none were."""
    found = document["corrections"]
    return {label: found[name] for name, label in CORRECTIONS.items()} if found["sent"] else {}


def sides(document: dict[str, Any]) -> dict[str, str]:
    """What is compared: the export and the contacts, each with its numbers."""
    contacts = document["contacts"]
    return {
        "Kajabi's export": (
            f"{count(contacts['in_export'], 'row')}, {contacts['matched']:,} matched, {contacts['new']:,} new, "
            f"{contacts['held']:,} set aside"
        ),
        "Your contacts": f"{contacts['in_database']:,}, of whom {contacts['only_in_database']:,} are not in the export",
    }


def people_at_risk(document: dict[str, Any]) -> str:
    """Whose values the old import would have changed."""
    old = document["old_import"]
    if not old["contacts_changed"]:
        return ""
    return (
        f"Of {count(old['contacts_changed'], 'person', 'people')}, {old['enriched_contacts']:,} with enriched data "
        f"({old['enriched_linked_to_paypal']:,} linked to PayPal, {old['enriched_linked_to_zoho']:,} to Zoho) and "
        f"{old['corrected_contacts']:,} with corrected data."
    )


def newcomers(document: dict[str, Any]) -> str:
    """What must be said once before anybody can be added; LIST_MERGED are the commands."""
    for row in document["held"]:
        if row["hold_reason"] == "duplicates_not_recorded":
            return (
                f"{count(row['count_rows'], 'newcomer')} must wait: nobody has said yet which people were merged away "
                "before, and they would come in as strangers. Say it once, with a list, or that nobody ever was:"
            )
    return ""


def cells(document: dict[str, Any]) -> str:
    """How much is written on people who are here already."""
    number = sum(document["values"][action] for action in ("fill", "update", "link"))
    return f"{count(number, 'value')} on {count(document['writes']['updated_contacts'], 'contact')}."


def writes_title(document: dict[str, Any]) -> str:
    """The heading of the lists."""
    return "What this run wrote" if document["applied_as_run"] else "Everything that will be written"


def difference(document: Mapping[str, Any]) -> str:
    """Which plan was made before this one, and how many values and new people the two do not write alike."""
    before = document["plan_before"]
    part = ", a part plan" if before["is_partial"] else ""
    other = before["load_id"] != document["load_id"]
    export = f", from another export ({visible(before['file_name'])})" if other else ""
    figures = ", ".join(f"{before[change]:,} {change}" for change in CHANGES)
    said = f"The plan made before this one was {before['fingerprint'][:8]}{part}{export}. Against it, {figures}."
    return said if any(before[change] for change in CHANGES) else f"{said} {SAME_WRITES}"


CHANGES = ("added", "gone", "changed")
DIFFERENCE = "What differs from the plan before"
SAME_WRITES = (
    "What they write is the same; something else that a plan is made from has moved (the export, the policy or the "
    "base)."
)


@dataclass(frozen=True)
class RedGuard:
    """A red guard in words: what it found and why that stops the write, and what to do."""

    guard: str
    label: str
    meaning: str
    violations: int | None
    why: str
    remedy: str

    @property
    def found(self) -> str:
        """How many, as a sentence; a guard that did not answer is red, too."""
        return "It gave no answer." if self.violations is None else f"{self.violations:,} found."


def red_guards(document: Mapping[str, Any]) -> list[RedGuard]:
    """The red guards in their order."""
    short = document["fingerprint"][:8]
    return [
        RedGuard(
            guard["guard"],
            guard["label"],
            about["meaning"],
            guard["violations"],
            about["why"],
            about["remedy"].replace("FINGERPRINT", short),
        )
        for guard in document["guards"]
        if not guard["passed"]
        for about in (expected_guards()[guard["guard"]],)
    ]


def accept(document: Mapping[str, Any]) -> str | None:
    """The command that writes although guards are red; None where one of them takes no override."""
    red = [guard for guard in document["guards"] if not guard["passed"]]
    if not red or not all(guard["is_overridable"] for guard in red) or document["applied_as_run"]:
        return None
    accepted = " ".join(f"--accept {guard['guard']}" for guard in red)
    return f"./kajabi-guard apply {document['fingerprint'][:8]} {accepted} {BECAUSE}"


def how_to_go_on(document: Mapping[str, Any]) -> str:
    """What comes after the remedies; ``accept`` or a new plan is the command."""
    strict = [guard["label"] for guard in document["guards"] if not guard["passed"] and not guard["is_overridable"]]
    if not strict:
        return (
            "Do what the red guard asks for, and plan again. If you have looked and it is right all the same, write "
            "with your reason, which is kept:"
        )
    return f"Do what the red guard asks for, and plan again. No override is possible for: {'; '.join(strict)}."


def whom(found: Mapping[str, Any]) -> str:
    """Whom a finding of a guard is about."""
    if found["email"] and str(found["email"]).strip():
        return str(found["email"])
    return "the whole plan" if found["row_number"] is None else f"export row {found['row_number']}"


def details(found: Mapping[str, Any]) -> str:
    """What a guard found there, in a line."""
    told = [f"{name.replace('_', ' ')}: {value}" for name, value in found["details"].items() if value is not None]
    return "; ".join(told)


def guards(document: dict[str, Any]) -> str:
    """What the guards found, in one sentence."""
    red, total = sum(not guard["passed"] for guard in document["guards"]), len(document["guards"])
    if not red:
        return f"All {total} are green: each of them looked for something that must not be there, and found nothing."
    found = f"{count(red, 'guard')} of {total} {'is' if red == 1 else 'are'} red."
    return f"{found} A red guard found something that must not be there, and nothing is written while it is."
