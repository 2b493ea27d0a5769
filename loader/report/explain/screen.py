"""One person's explanation for a terminal of 80 columns: who it is, then field by field, then quarantined rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from ...common.fields import FIELD_NAMES
from ...common.layout import command_line, grid, moment, paragraph, reason_given, shown, title
from ...common.tables import printed, visible
from .field import draw_address, draw_field, written

if TYPE_CHECKING:
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
        draw_field(out, field)
    if any(field["is_address"] and field["commands"] for field in contact["fields"]):
        draw_address(out, contact["address"])
    if not contact["fields"] and contact["history"]:
        title(out, "What the ledger remembers")
        out.print(grid((FIELD_NAMES.get(each["field"], each["field"]), written(each)) for each in contact["history"]))


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
