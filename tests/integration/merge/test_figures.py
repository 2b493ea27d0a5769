"""The handoff's figures, through `plan --json`, on the synthetic organisation; and the demo from end to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from console import Console, console_in
from loader.database.connection import connect
from loader.demo.story import fill_contacts
from loader.demo.synthetic.organisation import make_organisation, write_export, write_pairs
from loader.stewardship import merged_contacts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loader.database.connection import Target


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console_in(tmp_path_factory.mktemp("figures")) as console:
        yield console


def test_plan_json_shows_exactly_the_handoffs_figures(console: Console, target: Target, tmp_path: Path) -> None:
    organisation = make_organisation()
    write_export(organisation.export_rows, tmp_path / "export.csv")
    write_pairs(organisation.merged_away, tmp_path / "merged.csv")
    with connect(target) as connection:
        fill_contacts(connection, organisation)
    held = console.run("weekly", tmp_path / "export.csv", "--json").document
    assert (held["contacts"]["new"], held["contacts"]["held"]) == (0, 303), "nobody said yet who was merged away"
    with connect(target) as connection:
        outcomes = [row["outcome"] for row in merged_contacts.record_file(connection, tmp_path / "merged.csv")]
    assert outcomes == ["recorded"] * 125

    document = console.run("plan", "--json").document
    assert document["contacts"] == {
        "in_database": 6_555,
        "in_export": 5_691,
        "matched": 5_388,
        "only_in_database": 1_167,
        "new": 303 - 125,
        "held": 125,
    }
    assert document["addresses"] == {
        "match": 4_730,
        "needs_update": 95,
        "missing_in_kajabi": 563,
        "missing_here": 0,
        "only_in_export": 303,
        "only_in_database": 1_167,
    }
    old_import = document["old_import"]
    by_field = {"address_line_2": 91, "address_line_1": 7, "last_name": 6, "postal_code": 4, "first_name": 4}
    assert old_import["values_by_field"] == by_field
    assert {name: old_import[name] for name in old_import if name != "values_by_field"} == {
        "contacts_changed": 100,
        "values_changed": 112,
        "enriched_contacts": 95,
        "corrected_contacts": 5,
        "enriched_linked_to_paypal": 19,
        "enriched_linked_to_zoho": 17,
        "relabelled_contacts": 240,
    }
    assert document["enrichment"] == {
        "phones_from_others": 1_117,
        "names_from_paypal": 508,
        "shipping_addresses": 1_210,
        "linked_to_zoho": 1_956,
        "linked_to_paypal": 681,
        "with_phone": 2_558,
    }
    assert all(guard["passed"] for guard in document["guards"])
    run = console.run("apply", document["fingerprint"], "--json").document
    assert run["enriched_before"] == run["enriched_after"]
    assert (run["protected_values_changed"], run["inserted_contacts"]) == (0, 178)


def test_the_demo_tells_its_story_whatever_database_the_shell_is_connected_to(console: Console) -> None:
    """Nobody's production gets invented people: DATABASE_URL and PG* are not even looked at."""
    nowhere = {"DATABASE_URL": "postgresql://nobody@203.0.113.1/production", "PGHOST": "203.0.113.1"}
    outcome = console.run("demo", "--scale", "0.1", variables=nowhere)
    # Python's own note about dbt's semaphores, which a forked process cannot clean up, is none of ours
    assert (outcome.code, "Traceback" in outcome.err) == (0, False), outcome.err
    assert "practice database: nothing here reaches your organisation" in " ".join(outcome.out.split())
    assert outcome.out.count("0 protected values") == 2
    assert outcome.out.rstrip().endswith("With your own database and file:\n   ./kajabi-guard connect")
    wide = [line for line in outcome.out.split("\n") if len(line) > 82]
    assert [line for line in wide if "/" not in line] == [], "only a path may be wider than the terminal"
