"""One person's explanation for a terminal of 80 columns: who it is, then field by field, then quarantined rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from ...common.fields import FIELD_NAMES
from ...common.layout import command_line, grid, moment, paragraph, reason_given, shown, title
from ...common.tables import printed, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

Row = dict[str, Any]
KEYS = {
    "kajabi_id": "the Kajabi id", "primary_email": "the email", "other_email": "another known email",
    "merged_email": "the list of merged contacts (email)",
    "merged_kajabi_id": "the list of merged contacts (Kajabi id)",
    "phone_and_name": "the same phone and full name", "settled": "a match override (same-as)",
    "export_row": "its row of the export", "ledger": "a run in the ledger", "contact_after_plan": "the email",
    "merged_since": "the list of merged contacts, which the next plan knows",
}  # fmt: skip
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


def explanation_text(document: Row, *, color: bool = False) -> str:
    """Return the explanation of ``read_explanation``'s document as lines of at most 80 columns."""

    def draw(out: Console) -> None:
        _head(out, document)
        for contact in document["contacts"]:
            _contact(out, document, contact)
        for row in document["rows"]:
            if row["status"] != "matched":
                _row(out, row)

    return printed(draw, color=color)


def _head(out: Console, document: Row) -> None:
    plan = document["plan"]
    out.print(Text(visible(document["database"])))
    out.print(
        Text(f"Plan {plan['fingerprint'][:8]} for {visible(plan['file_name'])}, made {moment(plan['planned_at'])}")
    )
    if plan["applied_as_run"]:
        paragraph(
            out,
            f"It was applied as run {plan['applied_as_run']}: the changes below have been made, and `ours` is the "
            "value before them. Type `./kajabi-guard plan` to see the values of today.",
        )
    if plan["is_partial"]:
        paragraph(out, "A part plan: it was restricted with --only or --first.")
    for merge in document["merges"]:
        old = merge["old_email"] or f"Kajabi id {merge['old_kajabi_id']}"
        paragraph(
            out,
            f"Merged away: {old} into {merge['survivor_email']}, recorded {moment(merge['recorded_at'])} by "
            f"{merge['recorded_by']}{reason_given(merge)}"
            f"{'; counts from the next plan on' if merge['is_since'] else ''}.",
        )
    if document["merges"] and not document["contacts"]:
        paragraph(out, "The chain of merges ends at no living contact, or runs in a circle.")
    others = {row["contact_id"] for row in document["found"] if row["contact_id"] and not row["is_meant"]}
    if others - {contact["contact_id"] for contact in document["contacts"]}:
        paragraph(out, "A weaker key leads to somebody else as well; the rows below name all of them.")


def _contact(out: Console, document: Row, contact: Row) -> None:
    title(out, " ".join(filter(None, (contact["full_name"], f"<{contact['email']}>" if contact["email"] else ""))))
    out.print(Text(f"contact {contact['contact_id']}"))
    meant = [row for row in document["found"] if row["is_meant"] and row["contact_id"] == contact["contact_id"]]
    found_as = sorted({KEYS[row["found_as"]] for row in meant})
    paragraph(out, f"Found by {', '.join(found_as)}. {_status(document, contact)}")
    _keys(out, document, contact)
    if contact["other_emails"]:
        paragraph(out, f"Other known emails: {', '.join(contact['other_emails'])}.")
    if contact["merged_into_it"]:
        paragraph(out, f"Merged into this contact: {', '.join(contact['merged_into_it'])}.")
    if contact["source_system"] and contact["source_class"] != "own":
        paragraph(out, f"The contact came from {contact['source_label']}: Kajabi may not even fill its blanks.")
    if contact["moved_fields"] and not document["plan"]["applied_as_run"]:
        moved = ", ".join(FIELD_NAMES.get(name, name) for name in contact["moved_fields"])
        paragraph(out, f"Changed here since the plan was made: {moved}. Type `./kajabi-guard plan` for what holds now.")
    for field in sorted(contact["fields"], key=lambda each: each["state"] != "differs"):
        _field(out, field)
    if any(field["is_address"] and field["commands"] for field in contact["fields"]):
        _address(out, contact["address"])
    if not contact["fields"] and contact["history"]:
        title(out, "What the ledger remembers")
        out.print(grid((FIELD_NAMES.get(each["field"], each["field"]), _written(each)) for each in contact["history"]))


def _keys(out: Console, document: Row, contact: Row) -> None:
    """Every key by which rows of the export fit this contact, and whom else the matched row fits."""
    for row in document["rows"]:
        keys = [each for each in row["candidates"] if each["contact_id"] == contact["contact_id"]]
        others = [each for each in row["candidates"] if each["contact_id"] != contact["contact_id"]]
        if row["row_number"] == contact["row_number"]:
            paragraph(out, f"Keys that fit: {', '.join(KEYS[each['key_name']] for each in keys)}.")
            for each in others:
                paragraph(out, f"A weaker key fits {each['email']}: {KEYS[each['key_name']]}.")
        elif keys and row["status"] == "held":
            paragraph(out, f"Row {row['row_number']} is quarantined and may mean this contact: see below.")


def _status(document: Row, contact: Row) -> str:
    run = document["plan"]["applied_as_run"]
    return {
        "matched": f"Row {contact['row_number']} of the export leads here, by {KEYS.get(contact['matched_by'], '?')}.",
        "deleted": f"Deleted here ({moment(contact['deleted_at'])}): nothing is written to it.",
        "only_in_database": "No row of this export leads here: nothing is written."
        + (" It was in the baseline." if contact["was_in_last_accepted"] else ""),
        "gone": "No contact has this id any more: somebody deleted it. The ledger still knows what was written.",
        "not_in_plan_picture": (
            f"This contact was added after the plan was made (run {run} may have inserted it)."
            if run
            else "This contact came after the plan was made."
        )
        + " Type `./kajabi-guard plan` to have it explained.",
    }[contact["status"]]


def _field(out: Console, field: Row) -> None:
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


def _address(out: Console, address: Row) -> None:
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
        yield "written", _written(change)
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


def _written(change: Row) -> str:
    """Return one entry of the ledger: which run, when, from what to what, and by which rule."""
    status = "" if change["run_status"] == "applied" else f" [{change['run_status']}]"
    return (
        f"run {change['run_id']}, {moment(change['written_at'])}{visible(status)}: {shown(change['old_value'])} -> "
        f"{shown(change['new_value'])} ({visible(change['label'])})"
    )


def _row(out: Console, row: Row) -> None:
    is_new = row["status"] == "new"
    title(out, f"Row {row['row_number']} of the export: {'new' if is_new else 'quarantined'}")
    name = ", ".join(filter(None, (row["email"], f"Kajabi id {row['kajabi_id']}" if row["kajabi_id"] else "")))
    out.print(Text(visible(name or "no email and no Kajabi id")))
    if is_new:
        paragraph(
            out, "Nobody here has this email or id: the plan inserts a new contact, source kajabi, with these values."
        )
    else:
        paragraph(out, f"{row['label']}: {row['meaning']} {row['why']}")
    if row["deciding_row"] and row["deciding_row"] != row["row_number"]:
        paragraph(out, f"Row {row['deciding_row']} decides for this contact.")
    is_open = len({each["contact_id"] for each in row["candidates"]}) > 1 or row["hold_reason"] == "possible_duplicate"
    for each in row["candidates"]:
        verb = "It could mean" if is_open else "It leads to"
        deleted = ", deleted here" if each["is_deleted"] else ""
        deciding = "" if each["is_deciding"] else ", a weaker key"
        paragraph(
            out,
            f"{verb} {each['email'] or 'nobody who is here'}, by {KEYS[each['key_name']]}{deciding}{deleted}.",
        )
    if row["settled_as"]:
        since = "; counts from the next plan on" if row["is_settled_since"] else ""
        paragraph(
            out,
            f"A steward decided {row['settled_as'].replace('_', '-')}: {row['settled_by']} on "
            f"{moment(row['settled_at'])}{reason_given(row, 'settled_because')}{since}.",
        )
    values = row["inserted_values"] or row["kajabi_values"]
    out.print(grid((FIELD_NAMES[name], shown(values.get(name))) for name in FIELD_NAMES if values.get(name)))
    if row["commands"]:
        paragraph(out, "To decide it, type one of:")
        for command in row["commands"]:
            command_line(out, command)
        if row["hold_reason"] != "not_in_this_plan":
            paragraph(out, "Then: ./kajabi-guard plan")
    if row["remedy"]:
        paragraph(out, row["remedy"])
