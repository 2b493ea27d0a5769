"""The answer of a report in sentences, from its document alone: each of them is true, whatever the plan is.

The page and the terminal say the same ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..common.tables import count

if TYPE_CHECKING:
    from .document import Document


class Answer(NamedTuple):
    """What a person reads first, and what right after it. ``state``: planned, empty, red, applied or undone."""

    state: str
    headline: str
    first: tuple[str, ...]
    then: tuple[str, ...]


# the verbs of a plan that stands, of one that cannot be written while a guard is red, and of one that was written,
# whether it was undone since or not
VERBS = {
    "fill": {"planned": "fills", "red": "would fill", "applied": "filled"},
    "update": {"planned": "takes", "red": "would take", "applied": "took"},
    "link": {"planned": "links", "red": "would link", "applied": "linked"},
    "insert": {"planned": "adds", "red": "would add", "applied": "added"},
    "keep": {"planned": "leaves", "red": "would leave", "applied": "left"},
    "change": {"planned": "changes", "red": "would change", "applied": "changed"},
}
# what is written, in the words for one and for several
WRITTEN = {
    "fill": ("blank",),
    "update": ("value from Kajabi", "values from Kajabi"),
    "link": ("Kajabi id",),
    "insert": ("new person", "new people"),
}


def answer(document: Document) -> Answer:
    """Return the answer for ``read_report``'s document."""
    run = document.written
    state = "red" if document.red else "empty" if writes_nothing(document) else "planned"
    if run:
        state = "undone" if run.undone else "applied"
    first = (_old_import(document), _compared(document, state), _written(document, state), _updates(document))
    then = (_undone(document), _part(document), _waiting(document), _relabelled(document))
    return Answer(state, _headline(document, state), tuple(filter(None, first)), tuple(filter(None, then)))


def written(document: Document) -> dict[str, int]:
    """How many values are filled, taken from Kajabi and linked, and how many people are added."""
    values = {name: document.values[name] for name in ("fill", "update", "link")}
    return {**values, "insert": document.writes["inserted_contacts"]}


def writes_nothing(document: Document) -> bool:
    """Whether the plan has nothing to write; applying it makes the export the baseline all the same."""
    return not any((*written(document).values(), document.writes["updated_contacts"]))


def _headline(document: Document, state: str) -> str:
    run, count_red = document.written, len(document.red)
    if run and run.undone:
        return f"Undone: run {run.undone.run_id} undid what run {run.run_id} had written."
    if run and writes_nothing(document):
        return f"Applied, as run {run.run_id}: there was nothing to write, and every value stayed as it was."
    if state == "red":
        return f"Stop: {count(count_red, 'guard')} {_be(count_red, state)} red, and nothing will be written."
    if state == "empty":
        return "Nothing to write: every value stays as it is."
    taken = written(document)["update"]
    said = f"{count(taken, 'value')} {_be(taken, state)} taken from Kajabi, as your policy or an override says."
    if not taken:
        said = "no value that you held was changed." if run else "No value that you hold is changed."
    return f"Written, as run {run.run_id}: {said}" if run else said


def _old_import(document: Document) -> str:
    old = document.old_import
    if not old["values_changed"]:
        return "The old import would have changed no value."
    people = count(old["contacts_changed"], "person", "people")
    return f"The old import would have changed {count(old['values_changed'], 'value')} of {people}."


def _relabelled(document: Document) -> str:
    number = document.old_import["relabelled_contacts"]
    if not number:
        return ""
    people = count(number, "contact")
    return f"The old import would have relabelled {people} of other sources as well; this one never does."


def _compared(document: Document, state: str) -> str:
    """What becomes of the very values that the old import would have changed."""
    kept, filled, updated = (document.old_import["now"][name] for name in ("kept", "filled", "updated"))
    total, tense = document.old_import["values_changed"], _tense(state)
    if not total:
        return ""
    if kept == total:
        return f"This one {VERBS['change'][tense]} none of them."
    parts = [f"{VERBS['keep'][tense]} {kept:,} of them as they {_be(2, state)}"] if kept else []
    if filled:
        parts.append(f"{VERBS['fill'][tense]} {filled:,} that {_be(filled, state)} blank here")
    if updated:
        parts.append(f"{VERBS['update'][tense]} Kajabi's in {updated:,}, because of a policy or an override")
    return f"This one {listed(parts)}."


def _tense(state: str) -> str:
    """Which of the VERBS: nothing is planned as something is, and what was undone had been written."""
    return {"empty": "planned", "undone": "applied"}.get(state, state)


def _be(number: int, state: str) -> str:
    if _tense(state) == "applied":
        return "was" if number == 1 else "were"
    return "is" if number == 1 else "are"


def _written(document: Document, state: str) -> str:
    tense = _tense(state)
    parts = [
        f"{VERBS[what][tense]} {count(number, *WRITTEN[what])}" for what, number in written(document).items() if number
    ]
    if not parts:
        if state == "red":
            return ""
        return "It fills no blank and adds nobody." if tense == "planned" else "It filled no blank and added nobody."
    return f"In all it {listed(parts)}."


def _updates(document: Document) -> str:
    """Who said that values may be taken from Kajabi: a policy, or an override."""
    updates = [row for row in document.outcomes if row["outcome"] == "update"]
    decided = sum(row["count_values"] for row in updates if row["rule"] == "decided_kajabi")
    by_policy = sum(row["count_values"] for row in updates) - decided
    parts = [f"{by_policy:,} because the policy of the field follows Kajabi"] if by_policy else []
    parts += [f"{decided:,} because of an override"] if decided else []
    return f"From Kajabi: {listed(parts)}." if parts else ""


def _undone(document: Document) -> str:
    """How much of what was written is undone."""
    run = document.written
    if not run or not run.undone:
        return ""
    values, contacts = run.undone.values_left, run.undone.contacts_left
    left = [count(values, "value")] if values else []
    left += [count(contacts, "contact")] if contacts else []
    if not left:
        return f"Run {run.undone.run_id} undid all of it."
    which = "it was" if values + contacts == 1 else "they were"
    return (
        f"Run {run.undone.run_id} left {listed(left)} alone, because {which} no longer as run {run.run_id} had written."
    )


def _part(document: Document) -> str:
    outside = document.writes["outside_this_plan"]
    if not document.plan.is_partial:
        return ""
    waits = f"{count(outside, 'further contact')} {'waits' if outside == 1 else 'wait'}"
    return f"This {'was' if document.written else 'is'} a part plan: {waits} for a plan without --only or --first."


def _waiting(document: Document) -> str:
    review, held = document.values["needs_review"], document.contacts["held"]
    parts = [f"{count(review, 'value needs', 'values need')} review"] if review else []
    parts += [f"{count(held, 'export row')} {_be(held, 'planned')} quarantined"] if held else []
    if not parts:
        return ""
    return f"{listed(parts)}; left open, {'it does' if review + held == 1 else 'they do'} no harm."


def listed(parts: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
