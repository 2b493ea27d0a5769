"""The documentation against a real database: every column has its words, and the page holds nobody's values."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import yaml  # type: ignore[import-untyped]

from docs_site import describe
from loader.common.paths import PROJECT
from loader.merge.compare_policy import compare_policy

if TYPE_CHECKING:
    from pathlib import Path

    from world import World

CANARY = "Qzcanary"
SEED = PROJECT / "seeds" / "field_policies.csv"
MARKS = ("phone_source", "billing_address_source", "paypal_first_name", "paypal_last_name", "paypal_phone")


def described_columns() -> dict[str, set[str]]:
    """The columns that the YAML files describe, by schema and relation."""
    found: dict[str, set[str]] = {}
    for folder in ("models", "seeds"):
        for file in (PROJECT / folder).rglob("*.yml"):
            document = yaml.safe_load(file.read_text(encoding="utf-8"))
            for node in [*document.get("models", []), *document.get("seeds", [])]:
                found[f"kajabi_guard.{node['name']}"] = {column["name"] for column in node["columns"]}
            for source in document.get("sources", []):
                for table in source["tables"]:
                    columns = {column["name"] for column in table["columns"]}
                    found.setdefault(f"{source['schema']}.{table['name']}", set()).update(columns)
    return found


def test_every_column_in_the_database_is_described_and_the_page_holds_nobodys_values(
    world: World, tmp_path: Path
) -> None:
    person = {"email": f"{CANARY}@example.org", "first_name": CANARY, "kajabi_id": "1000000001"}
    world.add_contacts({**person, "phone_source": CANARY})
    world.load({**person, "last_name": CANARY, "phone": f"(303) 555-0142 {CANARY}", "city": CANARY})
    world.plan()

    described = described_columns()
    columns = world.rows(
        "select table_schema || '.' || table_name as relation, column_name from information_schema.columns "
        "where table_schema in ('kajabi_guard', 'kajabi_raw', 'kajabi_ledger', 'public')"
    )
    there = {row["relation"] for row in columns}
    built = {relation for relation in there if relation.startswith("kajabi_guard.")}
    assert built <= set(described), "These have no entry in any YAML file: add one, with every column."
    # the managed fields say who they are, and are described where the plan is
    with SEED.open(encoding="utf-8", newline="") as lines:
        managed = {row["field"] for row in csv.DictReader(lines)}
    assert managed <= described["kajabi_guard.merge_plan"]
    mute = [
        f"{row['relation']}.{row['column_name']}"
        for row in columns
        if row["relation"] in described and row["column_name"] not in described[row["relation"]] | managed
    ]
    assert mute == [], "Describe these columns in the YAML file beside the model (sources: models/staging)."
    invented = {
        f"{relation}.{column}" for relation, names in described.items() for column in names
        if relation.startswith("kajabi_") and relation in there
    } - {f"{row['relation']}.{row['column_name']}" for row in columns}  # fmt: skip
    assert invented == set(), "Described, but not in the database."

    state = tmp_path / "state"
    page = describe(state, tmp_path / "site")
    text = page.read_text(encoding="utf-8")
    assert "One row per difference" in text
    assert "public_contacts" in text or "contacts" in text
    assert CANARY.lower() not in text.lower()
    for file in state.rglob("*"):
        assert file.is_dir() or CANARY.lower().encode() not in file.read_bytes().lower(), file.name
    assert (page.stat().st_mode & 0o777, page.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [file.name for file in page.parent.iterdir()] == ["index.html"]
    assert "default-src 'none'" in text[:2000], "the page may reach no other server"
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']https?:", text)
    assert '"send_anonymous_usage_stats": true' not in text


def test_the_evidence_that_the_seed_names_protects_its_field_and_no_other(world: World, tmp_path: Path) -> None:
    """One contact from Kajabi per mark, blank in all nine fields; Kajabi has a value for each of them."""
    with SEED.open(encoding="utf-8", newline="") as lines:
        policies = list(csv.DictReader(lines))
    evidence = {row["field"]: set(row["evidence"].split(", ")) for row in policies}
    assert {mark for marks in evidence.values() for mark in marks} == set(MARKS)
    people = [{"email": f"{mark}@example.org", "kajabi_id": f"10000000{n:02}"} for n, mark in enumerate(MARKS)]
    world.add_contacts(*({**person, mark: "zoho"} for person, mark in zip(people, MARKS, strict=True)))
    given = {field: f"Kajabi's {field}" for field in evidence} | {"phone": "(303) 555-0142", "postal_code": "80302"}
    world.load(*({**given, **person} for person in people))
    world.plan()
    ruled = {key: row["rule"] for key, row in world.decisions().items()}
    for field, marks in evidence.items():
        for mark in MARKS:
            wanted = "field_owned_elsewhere" if mark in marks else "fill_blank"
            assert ruled[f"{mark}@example.org", field] == wanted, (field, mark)

    older = tmp_path / "a copy from before the column.csv"
    with older.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [name for name in policies[0] if name != "evidence"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows({**row, "policy": "never" if row["field"] == "phone" else row["policy"]} for row in policies)
    changes = compare_policy(world.target, older, state=world.folder)
    assert {(change["field"], change["other_rule"]) for change in changes} == {("phone", "policy_never")}
