"""The synthetic organisation has the figures of the handoff, and each difference in it is there on purpose.

The figures and the rules are worked out here once more, from their definitions and not from the generator: a
demo whose own figures were wrong would prove nothing about the tool.
"""

from __future__ import annotations

import csv
import hashlib
import re
import stat
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from loader.demo.synthetic.organisation import make_organisation, write_export, write_pairs
from loader.demo.synthetic.second_week import second_week
from loader.demo.synthetic.shape import CONTACT_COLUMNS, ROSA, Contact, ExportRow, Organisation

ADDRESS = ("address_line_1", "address_line_2", "city", "state", "postal_code", "country")
FIELDS = ("first_name", "last_name", "phone", *ADDRESS)
HEADER = (
    b"Name,First Name,Last Name,Email,Products,Tags,ID,Member ID,External User ID,Created At,"
    b"Member Created At,Sign In Count,Last Activity,Last Sign In At,First Name (name),Email (email),"
    b"Phone Number (phone_number),Mobile Phone Number (mobile_phone_number),Address (address_line_1),"
    b"Address Line 2 (address_line_2),City (address_city),State (address_state),Country (address_country),"
    b"Zip Code (address_zip),Business Number (business_number),"
)
COLUMNS = {
    "first_name": "First Name",
    "last_name": "Last Name",
    "phone": "Phone Number (phone_number)",
    "address_line_1": "Address (address_line_1)",
    "address_line_2": "Address Line 2 (address_line_2)",
    "city": "City (address_city)",
    "state": "State (address_state)",
    "postal_code": "Zip Code (address_zip)",
    "country": "Country (address_country)",
}
PLACEHOLDERS = {"nan", "n/a", "none", "null", "-", "unknown"}
SMALL_AND_LARGE = (0.01, 0.02, 0.1, 3)


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return make_organisation()


@pytest.fixture(scope="module")
def second(organisation: Organisation) -> list[ExportRow]:
    return second_week(organisation)


def value(row: ExportRow, field: str) -> str:
    """What Kajabi says about a field: raw, trimmed."""
    said = row[COLUMNS[field]].strip()
    return said or (row["Mobile Phone Number (mobile_phone_number)"].strip() if field == "phone" else "")


def cleaned(row: ExportRow, field: str) -> str:
    said = value(row, field)
    return "" if said.lower() in PLACEHOLDERS else said


def ours(contact: Contact, column: str) -> str:
    return str(contact[column] or "").strip()


def matched(contacts: list[Contact], rows: list[ExportRow]) -> list[tuple[Contact, ExportRow]]:
    by_email = {str(contact["email"]).lower(): contact for contact in contacts}
    return [(by_email[row["Email"].lower()], row) for row in rows if row["Email"].lower() in by_email]


def old_import_changes(contact: Contact, row: ExportRow) -> list[str]:
    return [f for f in FIELDS if value(row, f) and value(row, f) != contact[f]]


def evidence(contact: Contact, field: str) -> list[str]:
    """The labels on record for a field, the contact's origin left out."""
    label = ""
    if field == "phone":
        label = ours(contact, "phone_source").lower()
    elif field in ADDRESS:
        label = ours(contact, "billing_address_source").lower()
    paypal = field not in ADDRESS and ours(contact, f"paypal_{field}")
    return [label] * bool(label) + ["paypal"] * bool(paypal)


def address_state(contact: Contact, row: ExportRow) -> str:
    here = [ours(contact, part).lower() for part in ADDRESS]
    there = [value(row, part).lower() for part in ADDRESS]
    has_here, has_there = (any([a[0], a[2], a[3], a[4]]) for a in (here, there))
    if has_here and has_there:
        return "match" if here == there else "needs_update"
    return {(True, False): "missing_in_kajabi", (False, True): "missing_here"}.get((has_here, has_there), "match")


def figures(organisation: Organisation) -> dict[str, int]:
    """Every figure of the handoff, from its definition."""
    contacts, pairs = organisation.contacts, matched(organisation.contacts, organisation.export_rows)
    changes = [(c, old_import_changes(c, r)) for c, r in pairs]
    changed = [(c, fields) for c, fields in changes if fields]
    enriched = [c for c, fields in changed if any(not e.startswith("kajabi") for f in fields for e in evidence(c, f))]
    phones = [c for c in contacts if ours(c, "phone")]
    return {
        "contacts": len(contacts),
        "with_kajabi_id": sum(1 for c in contacts if ours(c, "kajabi_id")),
        "export_rows": len(organisation.export_rows),
        "matched": len(pairs),
        "only_in_database": len(contacts) - len(pairs),
        "only_in_export": len(organisation.export_rows) - len(pairs),
        "merged_away": len(organisation.merged_away),
        "corrected_addresses": len(organisation.corrected_addresses),
        **Counter(address_state(c, r) for c, r in pairs),
        "old_import_contacts": len(changed),
        "old_import_values": sum(len(fields) for _, fields in changed),
        **{f"old_import_{f}": n for f, n in Counter(f for _, fields in changed for f in fields).items()},
        "enriched": len(enriched),
        "enriched_with_paypal": sum(1 for c in enriched if ours(c, "paypal_email")),
        "enriched_with_zoho": sum(1 for c in enriched if ours(c, "zoho_id")),
        "with_phone": len(phones),
        "phones_from_others": sum(1 for c in phones if not ours(c, "phone_source").startswith("kajabi")),
        "names_from_paypal": sum(1 for c in contacts if ours(c, "paypal_first_name") or ours(c, "paypal_last_name")),
        "shipping_addresses": sum(1 for c in contacts if ours(c, "shipping_address_line_1")),
        "linked_to_zoho": sum(1 for c in contacts if ours(c, "zoho_id")),
        "linked_to_paypal": sum(1 for c in contacts if ours(c, "paypal_email")),
        "relabelled": sum(1 for c, _ in pairs if c["source_system"] != "kajabi"),
    }


def words(said: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", said.lower()).split())


def rule(contact: Contact, row: ExportRow, field: str, baseline: ExportRow | None = None) -> str:  # noqa: C901, PLR0911 -- one branch per rule
    """The rule that a field falls under, by the table of rules under the default policy."""
    present, incoming = ours(contact, field), cleaned(row, field)
    if present == incoming:
        return "same"
    before = cleaned(baseline, field) if baseline else None
    labels = [label for label in evidence(contact, field) if not label.startswith("kajabi")]
    legacy = [label for label in labels if label == "unknown_legacy" or label.startswith("copied_from")]
    address = [(ours(contact, part), cleaned(row, part)) for part in ADDRESS]
    if not incoming:
        return "cleared_in_kajabi" if before else "kajabi_blank"
    if field == "phone" and not re.search(r"\d", incoming):
        return "invalid_in_kajabi"
    if present and words(present) == words(incoming):
        return "cosmetic"
    if contact["source_system"] != "kajabi":
        return "contact_owned_elsewhere"
    if len(labels) > len(legacy):
        return "field_owned_elsewhere"
    if legacy:
        return "legacy_owner"
    if field == "address_line_2" and incoming in {cleaned(row, "address_line_1"), cleaned(row, "city")}:
        return "malformed_line_2"
    if field in ADDRESS and not present and any(a and words(a) != words(b) for a, b in address):
        return "address_mismatch"
    if not present:
        return "blanked_here" if before == incoming else "fill_blank"
    if baseline is None:
        return "no_baseline"
    if before != incoming:
        return "kajabi_changed" if present == before else "both_changed"
    return "stale_in_kajabi"


def rules(
    contacts: list[Contact], rows: list[ExportRow], baseline: list[ExportRow] | None = None
) -> Counter[tuple[str, str]]:
    """How often each (rule, field) occurs among matched contacts, by Kajabi id where ours is known."""
    by_id = {contact["kajabi_id"]: contact for contact in contacts if contact["kajabi_id"]}
    by_email = {str(contact["email"]).lower(): contact for contact in contacts}
    baseline_by_id = {row["ID"]: row for row in baseline or ()}
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        contact = by_id.get(row["ID"]) or by_email.get(row["Email"].lower())
        if contact:
            found.update((rule(contact, row, field, baseline_by_id.get(row["ID"])), field) for field in FIELDS)
    return found


def totals(found: Counter[tuple[str, str]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for (name, _), count in found.items():
        total[name] += count
    return dict(total)


def with_fills(contacts: list[Contact], rows: list[ExportRow]) -> list[Contact]:
    """The contacts as they are once a first plan for these rows was applied."""
    row_of = {row["Email"].lower(): row for row in rows}
    filled = []
    for contact in contacts:
        row = row_of.get(str(contact["email"]).lower())
        fills = [f for f in FIELDS if row and rule(contact, row, f) == "fill_blank"]
        filled.append({**contact, **{f: cleaned(row, f) for f in fills if row}})
    return filled


def test_every_figure_of_the_handoff(organisation: Organisation) -> None:
    assert figures(organisation) == {
        "contacts": 6_555,
        "with_kajabi_id": 5_387,
        "export_rows": 5_691,
        "matched": 5_388,
        "only_in_database": 1_167,
        "only_in_export": 303,
        "merged_away": 125,
        "corrected_addresses": 672,
        "match": 4_730,
        "needs_update": 95,
        "missing_in_kajabi": 563,
        "old_import_contacts": 100,
        "old_import_values": 112,
        "old_import_address_line_2": 91,
        "old_import_address_line_1": 7,
        "old_import_last_name": 6,
        "old_import_postal_code": 4,
        "old_import_first_name": 4,
        "enriched": 95,
        "enriched_with_paypal": 19,
        "enriched_with_zoho": 17,
        "with_phone": 2_558,
        "phones_from_others": 1_117,
        "names_from_paypal": 508,
        "shipping_addresses": 1_210,
        "linked_to_zoho": 1_956,
        "linked_to_paypal": 681,
        "relabelled": 240,
    }


def test_the_first_week_under_the_rules(organisation: Organisation) -> None:
    """The old import would change 112 values; the rules fill 3 and keep the rest, each for a reason."""
    found = rules(organisation.contacts, organisation.export_rows)
    assert totals(found) == {
        "same": 44_939,  # three of the 112 are a placeholder in Kajabi
        "kajabi_blank": 3_444,
        "cosmetic": 9,
        "contact_owned_elsewhere": 9,
        "field_owned_elsewhere": 42,
        "legacy_owner": 38,
        "malformed_line_2": 2,
        "address_mismatch": 1,
        "fill_blank": 3,
        "no_baseline": 5,
    }
    assert found["fill_blank", "address_line_2"] == 2
    assert found["fill_blank", "last_name"] == 1
    assert found["same", "phone"] + found["kajabi_blank", "phone"] == 5_388


def test_the_five_corrected_contacts_each_keep_a_value_of_ours(organisation: Organisation) -> None:
    pairs = matched(organisation.contacts, organisation.export_rows)
    kept = [c["id"] for c, r in pairs if any(rule(c, r, field) == "no_baseline" for field in FIELDS)]
    assert len(kept) == 5


def test_the_second_week_under_the_rules(organisation: Organisation, second: list[ExportRow]) -> None:
    """After the first week was applied and is the baseline: 78 cells to fill, nothing else to write."""
    contacts = with_fills(organisation.contacts, organisation.export_rows)
    found = rules(contacts, second, organisation.export_rows)
    assert {name: count for name, count in totals(found).items() if name not in {"same", "kajabi_blank"}} == {
        "cleared_in_kajabi": 12,
        "invalid_in_kajabi": 1,
        "cosmetic": 18,
        "contact_owned_elsewhere": 13,
        "field_owned_elsewhere": 50,
        "legacy_owner": 42,
        "malformed_line_2": 6,
        "address_mismatch": 3,
        "fill_blank": 78,
        "kajabi_changed": 36,
        "both_changed": 4,
        "stale_in_kajabi": 5,
    }
    filled = {field: count for (name, field), count in found.items() if name == "fill_blank"}
    assert filled == {
        "phone": 22,
        "last_name": 14,
        "postal_code": 14,
        "city": 10,
        "address_line_2": 6,
        "address_line_1": 4,
        "state": 4,
        "country": 4,
    }


def test_the_second_week_without_the_first(organisation: Organisation, second: list[ExportRow]) -> None:
    found = totals(rules(organisation.contacts, second))
    assert (found["fill_blank"], found["no_baseline"]) == (81, 45)


def test_people_come_and_go_in_the_second_week(organisation: Organisation, second: list[ExportRow]) -> None:
    before = {row["ID"]: row for row in organisation.export_rows}
    after = {row["ID"]: row for row in second}
    assert len(after.keys() - before.keys()) == 20
    assert len(before.keys() - after.keys()) == 1
    assert min(map(int, after.keys() - before.keys())) > max(map(int, before))
    emails = [(before[key]["Email"], after[key]["Email"]) for key in before.keys() & after.keys()]
    [(_, new_email)] = [pair for pair in emails if pair[0] != pair[1]]
    assert new_email not in {ours(c, column) for c in organisation.contacts for column in CONTACT_COLUMNS}
    assert {row["Last Name"] for row in second} & PLACEHOLDERS == set()
    assert sum(row["Last Name"] == "N/A" for row in second) == 1


def test_the_first_week_is_left_alone_by_the_second() -> None:
    organisation = make_organisation(scale=0.1)
    before = repr(organisation)
    second_week(organisation)
    assert repr(organisation) == before


def test_rosa_gets_her_old_address_back_in_the_second_week(organisation: Organisation, second: list[ExportRow]) -> None:
    [rosa] = [contact for contact in organisation.contacts if contact["email"] == ROSA]
    [first_row] = [row for row in organisation.export_rows if row["Email"] == ROSA]
    [second_row] = [row for row in second if row["Email"] == ROSA]
    assert (rosa["city"], rosa["state"], rosa["postal_code"]) == ("Boulder", "CO", "80302")
    assert address_state(rosa, first_row) == "missing_in_kajabi"
    assert [value(second_row, field) for field in ("city", "state", "postal_code")] == [
        "southampton",
        "PA",
        "18966",
    ]
    assert rule(rosa, second_row, "city", first_row) == "both_changed"
    assert ROSA in organisation.corrected_addresses


def test_corrected_addresses_are_those_that_kajabi_has_old_or_not_at_all(organisation: Organisation) -> None:
    pairs = matched(organisation.contacts, organisation.export_rows)
    for_kajabi = {ours(c, "email") for c, r in pairs if address_state(c, r) in {"needs_update", "missing_in_kajabi"}}
    others = set(organisation.corrected_addresses) - for_kajabi
    assert for_kajabi < set(organisation.corrected_addresses)
    assert len(others) == 14
    assert others.isdisjoint(ours(c, "email") for c, _ in pairs)


@pytest.mark.parametrize("scale", SMALL_AND_LARGE)
def test_any_size_has_the_same_proportions(scale: float) -> None:
    organisation = make_organisation(seed=7, scale=scale)
    found = figures(organisation)
    assert found["contacts"] == pytest.approx(6_555 * scale, abs=2)
    assert found["export_rows"] == pytest.approx(5_691 * scale, abs=2)
    assert found["match"] + found.get("needs_update", 0) + found["missing_in_kajabi"] == found["matched"]
    assert found["old_import_contacts"] == pytest.approx(100 * scale, abs=1)
    assert found["enriched"] == pytest.approx(95 * scale, abs=1)
    assert found["with_phone"] == round(2_558 * scale)
    assert found["contacts"] - found["with_kajabi_id"] == found["only_in_database"] + max(1, round(scale))
    second = second_week(organisation)
    contacts = with_fills(organisation.contacts, organisation.export_rows)
    filled = totals(rules(contacts, second, organisation.export_rows))["fill_blank"]
    assert filled >= max(5, 60 * scale)


@pytest.mark.parametrize("scale", [*SMALL_AND_LARGE, 1])
def test_nothing_is_there_twice(scale: float) -> None:
    """An id, an email or a phone that two people share would be held by the rules, and tell another story."""
    organisation = make_organisation(seed=3, scale=scale)
    second = second_week(organisation)
    contacts = organisation.contacts
    for rows in (organisation.export_rows, second):
        assert all(re.fullmatch(r"[1-9]\d{9}", row["ID"]) for row in rows)
        for column in ("ID", "Email"):
            assert len({row[column].lower() for row in rows}) == len(rows)
    for column in ("id", "email", "phone", "kajabi_id", "kajabi_member_id", "paypal_email", "zoho_id"):
        values = [ours(contact, column).lower() for contact in contacts if ours(contact, column)]
        assert len(set(values)) == len(values), column
    known = {ours(c, column) for c in contacts for column in ("phone", "paypal_phone")}
    emails = {ours(c, column).lower(): c["id"] for c in contacts for column in CONTACT_COLUMNS if "email" in column}
    their_own, their_ids = {ours(c, "email").lower() for c in contacts}, {c["kajabi_id"] for c in contacts}
    for row in second:
        if row["Email"] not in their_own and row["ID"] not in their_ids:
            assert value(row, "phone") == "" or value(row, "phone") not in known
            assert row["Email"] not in emails


def test_every_known_email_belongs_to_one_contact(organisation: Organisation) -> None:
    owner: dict[str, Any] = {}
    for contact in organisation.contacts:
        for column in ("email", "paypal_email", "zoho_email", "additional_email"):
            email = ours(contact, column).lower()
            assert not email or owner.setdefault(email, contact["id"]) == contact["id"]


def test_matched_contacts_have_the_ids_of_their_rows(organisation: Organisation) -> None:
    pairs = matched(organisation.contacts, organisation.export_rows)
    [unlinked] = [(c, r) for c, r in pairs if c["kajabi_id"] != r["ID"]]
    assert unlinked[0]["kajabi_id"] is None
    assert all((c["kajabi_member_id"] or "") == r["Member ID"] for c, r in pairs)


def test_people_merged_away_lead_to_a_contact_that_kajabi_has(organisation: Organisation) -> None:
    here = {str(c["email"]): c for c, _ in matched(organisation.contacts, organisation.export_rows)}
    in_export = {row["Email"] for row in organisation.export_rows}
    for old_email, survivor in organisation.merged_away:
        assert old_email in in_export
        assert old_email not in here
        assert here[survivor]["kajabi_id"]


def test_nobody_real_is_meant(organisation: Organisation) -> None:
    for contact in organisation.contacts:
        assert tuple(contact) == CONTACT_COLUMNS
        assert re.search(r"@example\.(org|com|net)$", str(contact["email"]), re.IGNORECASE)
        assert re.fullmatch(r"(\(\d{3}\) 555-01\d\d)?", ours(contact, "phone"))
        assert contact["deleted_at"] is None
    names = {name for c in organisation.contacts for name in (c["first_name"], c["last_name"])}
    assert {"José", "Zoë", "Łukasz", "O'Brien", "'t Hooft"} <= names


def test_an_export_is_written_as_kajabi_writes_it(organisation: Organisation, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.touch(mode=0o644)
    write_export(organisation.export_rows, path)
    written = path.read_bytes()
    assert written.startswith(b"\xef\xbb\xbf" + HEADER + b'"')
    assert written.endswith(b"\r\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        assert list(reader) == organisation.export_rows
    assert "," in list(reader.fieldnames or ())[-1]


def test_pairs_are_written_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    write_pairs([("old@example.org", "new@example.org")], path)
    assert path.read_text(encoding="utf-8") == "old_email,survivor_email\nold@example.org,new@example.org\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_same_seed_gives_the_same_bytes() -> None:
    """In another process as well, where Python hashes text in another way."""
    program = (
        "import hashlib; from loader.demo.synthetic.organisation import make_organisation;"
        "from loader.demo.synthetic.second_week import second_week;"
        "o = make_organisation(5, 0.1);"
        "print(hashlib.sha256(repr((o, second_week(o, 6))).encode()).hexdigest())"
    )
    organisation = make_organisation(5, 0.1)
    here = hashlib.sha256(repr((organisation, second_week(organisation, 6))).encode()).hexdigest()
    for hash_seed in ("1", "2"):
        there = subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONIOENCODING": "utf-8"},
            cwd=Path(__file__).parents[3],
            check=True,
            capture_output=True,
            text=True,
        )
        assert there.stdout.strip() == here
    assert repr(make_organisation(6, 0.1)) != repr(organisation)
