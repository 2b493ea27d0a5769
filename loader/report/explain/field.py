"""One field of one contact, as ``explain`` shows it: what differs, why it is decided so, and who said what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...common.fields import FIELD_NAMES
from ...common.layout import command_line, grid, moment, reason_given, shown, title
from ...common.tables import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

Row = dict[str, Any]
STATES = {
    "same": "the same here and in Kajabi",
    "no_value": "no value on either side",
    "kajabi_has_nothing": "Kajabi has nothing, ours stays",
    "no_row": "no row of the export leads here, ours stays",
    "no_column": "your table contacts has no such column",
}
# a rule that fills or links says so in its label
ACTIONS = {"keep": "ours stays", "update": "Kajabi's value is taken", "fill": "", "link": ""}
EVIDENCE = {
    "contact_field_sources": "the ledger of sources", "phone_source": "phone_source",
    "billing_address_source": "billing_address_source", "paypal_value": "a value that PayPal gave",
    "edited_here": "a change made here after a run wrote it", "source_system": "source_system",
}  # fmt: skip
CLASSES = {
    "named": ": protects", "unknown": ": protects, although the seed does not know this label",
    "legacy": ": unproven, kept for now", "own": "",
}  # fmt: skip
SHOWN_BECAUSE = {
    "edited_here": "who changed it here last comes first",
    "contact_field_sources": "the ledger of sources comes before marks",
}
IDS_STAY = (
    "An import links an id only where we have none and nobody else has it; an id of ours is never replaced, because "
    "the person is found by it every week. If Kajabi's is right, correct it on the contact in your database."
)


def draw_field(out: Console, field: Row) -> None:
    """Print one field of ``read_explanation``; a field without a difference is a title and its owner."""
    name = FIELD_NAMES[field["field"]]
    if field["state"] == "differs":
        action = "not in this plan" if field["is_outside_plan"] else ACTIONS[field["action"]]
        title(out, f"{name}: {action} ({field['label']})" if action else f"{name}: {field['label']}")
    else:
        title(out, f"{name}: {STATES[field['state']]}")
    if field["state"] != "no_column":
        out.print(grid(_lines(field)))
    for command in field["commands"]:
        command_line(out, command)


def draw_address(out: Console, address: Row) -> None:
    """Print both addresses whole: whoever decides for Kajabi's sees what would come and what would go."""
    title(out, "The address, which is decided as a whole")
    lines = {
        "ours": address["present_address"],
        "Kajabi's now": address["incoming_address"],
        "would empty": address["emptied_parts"],
        "would leave": address["staying_parts"] and f"{address['staying_parts']} (Kajabi has none)",
    }
    out.print(grid((name, visible(text)) for name, text in lines.items() if text))


def _lines(field: Row) -> Iterable[tuple[str, str]]:
    yield from _values(field)
    if field["state"] == "differs":
        yield "why", f"{field['rule']}: {IDS_STAY if _is_kept_id(field) else field['meaning'] + ' ' + field['why']}"
    yield from _owner(field)
    if field["would_old_import_change"]:
        enriched = ", over enriched data" if field["is_enriched"] else ""
        yield "the old import", f"would have written {shown(field['old_import_value'])}{enriched}"
    elif field["state"] == "differs":
        yield "the old import", "would have left ours"
    for word in field["words"]:
        yield word["word"], _word(word)
    for change in field["history"]:
        yield "written", written(change)
    if field["needs_review"]:
        since = field["waits_since"]
        opened = f"since {moment(since)}, opened by run {field['waits_since_run']}" if since else "since this plan"
        if field["is_decided_since"]:
            yield "needs review", f"{opened}; decided by now, and the next plan knows it"
        else:
            yield "needs review", f"{opened}; one of these decides it:"


def _is_kept_id(field: Row) -> bool:
    return bool(field["policy"] == "link" and field["rule"] == "no_baseline")


def _values(field: Row) -> Iterable[tuple[str, str]]:
    """Three values; where nothing differs, only what the title does not say."""
    differs, before = field["state"] == "differs", field["base_value"]
    if differs or field["present_value"]:
        yield "ours", shown(field["present_value"])
    if differs or field["incoming_text"] not in {None, field["present_value"]}:
        yield "Kajabi's now", _incoming(field)
    if field["is_base_known"] and (differs or before not in {None, field["present_value"]}):
        yield "Kajabi's before", shown(before)
    if field["action"] in {"fill", "update", "link"}:
        yield "will stand", shown(field["final_value"])


def _incoming(field: Row) -> str:
    text, value = field["incoming_text"], field["incoming_value"]
    if text is None or text == value:
        return shown(text)
    return (
        f"{visible(text)} (a placeholder: no value)"
        if value is None
        else f"{visible(value)} (in the file: {visible(text)})"
    )


def _owner(field: Row) -> Iterable[tuple[str, str]]:
    for piece in field["evidence"]:
        what = f"{piece['label']}, by {EVIDENCE[piece['evidence']]}{CLASSES[piece['provenance_class']]}"
        if piece["is_shown"] and len(field["evidence"]) > 1:
            what += f" (shown as owner: {SHOWN_BECAUSE.get(piece['evidence'], 'first in the order of sources')})"
        yield "owner" if piece["is_shown"] else "evidence", visible(what)


def _word(word: Row) -> str:
    verdict = {"ours": "ours stays", "kajabi": "take Kajabi's"}.get(word["verdict"] or "", "")
    said = " ".join(filter(None, (verdict, f"by {word['said_by']} on {moment(word['said_at'])}"))) + reason_given(word)
    if word["is_since"]:
        return visible(f"{said}; counts from the next plan on")
    return visible(said if word["holds"] else f"{said}; no longer active")


def written(change: Row) -> str:
    """Return one entry of the ledger: which run, when, from what to what, and by which rule."""
    status = "" if change["run_status"] == "applied" else f" [{change['run_status']}]"
    return (
        f"run {change['run_id']}, {moment(change['written_at'])}{visible(status)}: {shown(change['old_value'])} -> "
        f"{shown(change['new_value'])} ({visible(change['label'])})"
    )
