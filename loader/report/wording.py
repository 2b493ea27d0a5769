"""What the figures of a report are called, on the page and in the terminal alike: one word for one figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..common.layout import moment
from ..common.shell_quoting import BECAUSE
from ..common.tables import count, visible
from ..merge.guards import expected_guards
from ..merge.standing import Step
from .summary import writes_nothing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .document import Document, Undone, Written

FINDINGS = "guard_findings.csv"
DIFFERENCES = "plan_difference.csv"
OTHERWISE = "What this plan would do if no guard were red"

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
    "arrived": "arrived in Kajabi",
    "not_yet": "not in Kajabi yet",
    "otherwise": "different in Kajabi, or the person is gone",
}
REPORTED = {
    "vanished_contacts": "in the database, no longer in Kajabi",
    "email_changes": "a different email in Kajabi",
}
UNKNOWN_LABELS = "Source labels that seeds/source_priorities.csv does not know (they protect)"
# headings of a plan that is to be read, and of one that was written
HEADINGS = {
    "differences": ("What becomes of every difference", "What became of every difference"),
    "differs": ("Kajabi's value differs, and", "Kajabi's value differed, and"),
    "by_field": (
        "Values that differ between Kajabi and you, field by field",
        "Values that differed between Kajabi and you, field by field",
    ),
    "no_difference": ("No value differs between Kajabi and you.", "No value differed between Kajabi and you."),
    "reasons": ("Why values are kept", "Why values were kept"),
    "not_taken": ("Values of Kajabi's that are not taken", "Values of Kajabi's that were not taken"),
    "owners": ("Whose data is protected", "Whose data was protected"),
    "given": (
        "Values that are kept because somebody else gave them",
        "Values that were kept because somebody else gave them",
    ),
    "writes": ("What will be written", "What was written"),
    "no_writes": (
        "Nothing: there is no blank to fill, and nobody to add.",
        "Nothing: there was no blank to fill, and nobody to add.",
    ),
    "changes": (
        "Every value, with what is there now and what will stand",
        "Every value, with what was there before and what the run wrote",
    ),
    "arrivals": ("People who are added, with Kajabi's values", "People who were added, with Kajabi's values"),
    "there_now": ("there now", "there before"),
    "kept": ("What is kept", "What was kept"),
    "all_kept": ("Everything that is kept", "Everything that was kept"),
    "open": (
        "Nothing here has to be decided before you write: what stays open is kept as it is, and asked again.",
        "Nothing here had to be decided before the write: what was open was kept as it was, and is asked again.",
    ),
}


def heading(document: Document, name: str) -> str:
    """One of HEADINGS, in the tense of this plan."""
    planned, written = HEADINGS[name]
    return written if document.written else planned


def sides(document: Document) -> dict[str, str]:
    """What is compared: the export and the contacts, each with its numbers."""
    contacts = document.contacts
    return {
        "Kajabi's export": (
            f"{count(contacts['in_export'], 'row')}, {contacts['matched']:,} matched, {contacts['new']:,} new, "
            f"{contacts['held']:,} quarantined"
        ),
        "Your contacts": (
            f"{contacts['in_database']:,}, of whom {contacts['only_in_database']:,} are not in the export"
        ),
    }


def people_at_risk(document: Document) -> str:
    """Whose values the old import would have changed."""
    old = document.old_import
    if not old["contacts_changed"]:
        return ""
    return (
        f"Of {count(old['contacts_changed'], 'person', 'people')}, {old['enriched_contacts']:,} with enriched data "
        f"({old['enriched_linked_to_paypal']:,} linked to PayPal, {old['enriched_linked_to_zoho']:,} to Zoho) and "
        f"{old['corrected_contacts']:,} with corrected data."
    )


def newcomers(document: Document) -> str:
    """What must be said once before anybody can be added; LIST_MERGED are the commands."""
    waiting = sum(row["count_rows"] for row in document.held if row["hold_reason"] == "duplicates_not_recorded")
    if not waiting:
        return ""
    return (
        f"{count(waiting, 'new person must', 'new people must')} wait. Nobody has recorded yet who was merged away "
        "before, and such people would come back as new contacts. Record them once, with a list, or record that nobody "
        "was merged:"
    )


def cells(document: Document) -> str:
    """How much is written on people who are here already."""
    number = document.count_changed
    was = f" {'was' if number == 1 else 'were'} written" if document.written else ""
    return f"{count(number, 'value')}{was} on {count(document.writes['updated_contacts'], 'contact')}."


def writes_title(document: Document) -> str:
    """The heading of the lists."""
    run = document.written
    if not run:
        return "Everything that will be written"
    undone = f", and run {run.undone.run_id} undid" if run.undone else ""
    return f"What run {run.run_id} wrote{undone}"


def runs(document: Document) -> dict[str, str]:
    """By which run the plan was written, when and by whom, and by which it was undone; nothing before the write."""
    run = document.written
    if not run:
        return {}
    undone = {"Undone": _run(run.undone)} if run.undone else {}
    return {"Written": _run(run), **undone}


def _run(run: Written | Undone) -> str:
    return f"run {run.run_id}, {moment(run.finished_at)}, by {visible(run.done_by)}"


def after_the_write(document: Document) -> list[Step]:
    """What comes next once the plan was written, or written and undone; nothing before the write."""
    run = document.written
    if not run:
        return []
    told = runs(document)
    if run.undone:
        return [
            Step(f"This plan was undone by {told['Undone']}. To write it again:", _undo(run.undone.run_id)),
            Step("To go on, with what was undone left as it is now:", document.next.command),
        ]
    applied = f"This plan was applied as {told['Written']}."
    if writes_nothing(document):
        compared = (
            "" if document.plan.is_partial else " This export is the baseline now: the next one is compared with it."
        )
        back = Step(f"{applied} It wrote nothing, so there is nothing to undo.{compared}", "")
    else:
        back = Step(f"{applied} To undo it (with --dry-run it is only shown):", _undo(run.run_id))
    return [back, Step(f"Next: {document.next.sentence}", document.next.command)]


def _undo(run_id: int) -> str:
    return f"./kajabi-guard undo {run_id}"


def difference(document: Document) -> str:
    """Which plan was made before this one, and how many values and new people the two do not write alike."""
    before = document.before
    if before is None:
        return ""
    part = ", a part plan" if before["is_partial"] else ""
    other = before["load_id"] != document.plan.load_id
    export = f", from another export ({visible(before['file_name'])})" if other else ""
    figures = ", ".join(f"{before[change]:,} {change}" for change in CHANGES)
    said = f"The plan made before this one was {before['fingerprint'][:8]}{part}{export}. Against it, {figures}."
    return said if any(before[change] for change in CHANGES) else f"{said} {SAME_WRITES}"


CHANGES = ("added", "gone", "changed")
DIFFERENCE = "What differs from the plan before"
SAME_WRITES = "Both plans write the same. Something else has changed: the export, the policy or the baseline."


def red_guards(document: Document) -> list[dict[str, Any]]:
    """The red guards in their order: what each found and why that stops the write, as its seed row says, what to do."""
    told = []
    for guard in document.red:
        row = expected_guards()[guard.guard]
        remedy = row["remedy"].replace("FINGERPRINT", document.plan.short)
        if document.written and guard.is_overridable:  # it can no longer be accepted
            remedy = "Make a new plan, and read it: `./kajabi-guard plan`."
        # a guard that did not answer is red, too
        found = "It gave no answer." if guard.violations is None else f"{guard.violations:,} found."
        words = {"label": guard.failed_label, "found": found, "remedy": remedy}
        accepted = _accepted(document, guard.guard)
        told.append({**row, **words, "violations": guard.violations, "accepted": accepted})
    return told


def _accepted(document: Document, guard: str) -> str | None:
    """That somebody accepted a guard when the plan was written, and why."""
    run = document.written
    if not run or run.undone or guard not in run.accepted:
        return None
    return f"It was accepted when run {run.run_id} wrote the plan, because: {visible(run.accepted[guard])}"


def accept(document: Document) -> str | None:
    """The command that writes although guards are red; None where one of them takes no override."""
    if not document.red or not all(guard.is_overridable for guard in document.red) or document.written:
        return None
    accepted = " ".join(f"--accept {guard.guard}" for guard in document.red)
    return f"./kajabi-guard apply {document.plan.short} {accepted} {BECAUSE}"


def how_to_go_on(document: Document) -> str:
    """What comes after the remedies; ``accept`` or a new plan is the command."""
    strict = [guard.failed_label for guard in document.red if not guard.is_overridable]
    if not strict:
        return (
            "Do what the red guard asks for, and plan again. If you have looked and everything is right, write the "
            "plan with your reason, which the ledger keeps:"
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


def guards(document: Document) -> str:
    """What the guards found, in one sentence."""
    red, total = len(document.red), len(document.guards)
    if not red:
        return f"All {total} are green: each of them looked for something that must not be there, and found nothing."
    found = f"{count(red, 'guard')} of {total} {'is' if red == 1 else 'are'} red."
    if document.written:
        told = {row["accepted"] for row in red_guards(document) if row["accepted"]}
        return " ".join((f"{found} A red guard found something that must not be there.", *sorted(told)))
    return f"{found} A red guard found something that must not be there, and nothing is written while it is."
