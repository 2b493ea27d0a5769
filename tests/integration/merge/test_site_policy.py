"""A site's own policies and limits, in its settings folder: in force in the plan, the guards and the fingerprint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from console import console_in
from loader.common.paths import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from console import Console
    from world import World

ADA = {"email": "ada.brook@example.org", "first_name": "Ada", "last_name": "Brook", "kajabi_id": "1000000001"}
BEN = {"email": "ben.ash@example.org", "first_name": "Ben", "last_name": "Ash", "kajabi_id": "1000000002"}
NEWS = {"phone": "(303) 555-0142", "city": "Lyons"}
POLICIES = PROJECT / "seeds" / "field_policies.csv"


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with console_in(tmp_path) as console:
        console.state.mkdir(mode=0o700)
        yield console


@pytest.fixture
def planned(world: World) -> str:
    """Two contacts who get a phone and a city each; returns the fingerprint under the project's own policy."""
    world.add_contacts(ADA, BEN)
    world.load({**ADA, **NEWS}, {**BEN, **NEWS})
    return str(world.plan()["fingerprint"])


def policies_line(console: Console) -> dict[str, Any]:
    (line,) = [row for row in console.run("doctor", "--json").document if row["check"] == "policies"]
    return dict(line)


def never(field: str) -> str:
    text = POLICIES.read_text(encoding="utf-8").replace(f"{field},3,fill_blank", f"{field},3,never")
    assert ",never," in text
    return text


def test_a_sites_own_files_are_in_force_wherever_dbt_is_started(console: Console, world: World, planned: str) -> None:
    assert (policies_line(console)["status"], policies_line(console)["detail"]) == ("ok", "the project's own")
    (console.state / "field_policies.csv").write_text(never("phone"), encoding="utf-8")
    limits = console.state / "limits.yml"
    limits.write_text("volume_limit_contacts: 2\n", encoding="utf-8")
    assert policies_line(console)["detail"].startswith("field_policies.csv and limits.yml from ")

    outcome = console.run("plan", "--json")
    assert outcome.code == 3, "two contacts of two are more than usual now"
    document = outcome.document
    assert [guard["guard"] for guard in document["guards"] if not guard["passed"]] == ["guard_unusual_volume"]
    assert document["fingerprint"] != planned
    rules = {(email.partition(".")[0], field): row["rule"] for (email, field), row in world.decisions().items()}
    assert {rules["ada", "phone"], rules["ben", "phone"]} == {"policy_never"}
    assert {rules["ada", "city"], rules["ben", "city"]} == {"fill_blank"}

    compared = console.run("plan", "--compare-policy", POLICIES, "--json")
    assert compared.code == 0, compared
    changed = [(row["field"], row["rule"], row["other_rule"], row["count_values"]) for row in compared.document]
    assert changed == [("phone", "policy_never", "fill_blank", 2)], "compared with the site's own"

    limits.write_text("volume_limit_contacts: 500\n", encoding="utf-8")
    assert console.run("with-database", "dbt", "--quiet", "run", "--select", "plan_inputs").code == 0
    refused = console.run("apply", document["fingerprint"])
    assert refused.code == 5
    assert "the policy (seeds and limits)" in refused.refusal
    assert world.contacts()[ADA["email"]]["city"] is None


BAD = {
    "limits.yml": ("volume_limit: 3\n", "volume_limit"),
    "field_policies.csv": (POLICIES.read_text(encoding="utf-8").replace("phone,3,fill", "phone,3,feel"), "one of"),
    "source_priorities.csv": ("source,label\npaypal,PayPal\n", "It lacks is_prefix"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_meant_is_refused_and_the_plan_stays(
    console: Console, world: World, planned: str, name: str
) -> None:
    content, told = BAD[name]
    file = console.state / name
    file.write_text(content, encoding="utf-8")
    for words in (("plan",), ("plan", "--compare-policy", POLICIES), ("with-database", "dbt", "run")):
        outcome = console.run(*words)
        assert outcome.code == 2, (words, outcome)
        assert name in outcome.refusal
        assert told in outcome.refusal
    line = policies_line(console)
    assert (line["status"], told in line["detail"]) == ("problem", True)
    assert world.one("select fingerprint from kajabi_guard.plan_summary")["fingerprint"] == planned
    # the tables of the seeds would be made from it
    world.run("drop schema kajabi_guard cascade")
    assert console.run("init").code == 2
    assert world.one("select to_regclass('kajabi_guard.field_policies') as there")["there"] is None
    file.unlink()
    assert console.run("init").code == 0


def test_the_seed_tables_that_init_makes_are_the_sites_own(console: Console, world: World) -> None:
    world.run("drop schema kajabi_guard cascade")
    (console.state / "field_policies.csv").write_text("\ufeff" + never("phone") + "\n", encoding="utf-8")
    assert console.run("init").code == 0
    policies = world.rows("select field, policy from kajabi_guard.field_policies where policy <> 'fill_blank'")
    assert policies == [{"field": "phone", "policy": "never"}]


def test_a_plan_of_another_policy_is_refused_until_the_policy_is_back(
    console: Console, world: World, planned: str
) -> None:
    """The fingerprint is computed from the policy that is there, not from a stored hash."""
    world.run("update kajabi_guard.field_policies set policy = 'never' where field = 'city'")
    refused = console.run("apply", planned)
    assert refused.code == 5
    assert "the policy (seeds and limits)" in refused.refusal
    world.run("update kajabi_guard.field_policies set policy = 'fill_blank' where field = 'city'")
    assert console.run("apply", planned).code == 0
