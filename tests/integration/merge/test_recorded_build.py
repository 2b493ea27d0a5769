"""A replayed plan is the plan that dbt builds: otherwise hundreds of tests would prove nothing about dbt's."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

import recorded_build
from loader.common.errors import KajabiGuardError
from loader.common.paths import PROJECT
from loader.merge.dbt import DbtRun
from loader.merge.plan import BUILD, make_plan
from recorded_build import MAY_FAIL, RecordedBuild

if TYPE_CHECKING:
    from pathlib import Path

    from world import World

RELATIONS = """
    select
        pg_class.relname as name,
        pg_class.relkind,
        pg_class.relpersistence,
        pg_class.relacl::text,
        pg_get_viewdef(pg_class.oid) as view_query,
        (
            select array_agg(attname || ' ' || format_type(atttypid, atttypmod) || attnotnull::text order by attnum)
            from pg_attribute
            where attrelid = pg_class.oid and attnum > 0 and not attisdropped
        ) as columns,
        (
            select array_agg(regexp_replace(pg_get_indexdef(indexrelid), 'INDEX [^ ]+ ON', 'INDEX ON') order by 1)
            from pg_index where indrelid = pg_class.oid
        ) as indexes
    from pg_class
    where relnamespace = to_regnamespace('kajabi_guard') and relkind <> 'i'
        -- the plan before: of the first comparison it is the first week's, of the second the first comparison's
        and relname <> 'previous_merge_plan'
    order by relname
"""


def person(number: int, **more: str) -> dict[str, str]:
    return {"email": f"person{number}@example.org", "kajabi_id": f"10000000{number:02}", "first_name": "Ada", **more}


def built(world: World) -> dict[str, Any]:
    """Every relation of the plan: what the catalogue says of it, and its rows but for the time of planning."""
    relations = world.rows(RELATIONS)
    found = {row["name"]: row for row in relations}
    for row in relations:
        query = f"select (to_jsonb(t) - 'planned_at')::text as line from kajabi_guard.{row['name']} as t order by 1"
        found[row["name"]]["rows"] = [line["line"] for line in world.rows(query)]
    return found


def never(*_given: object, **_named: object) -> DbtRun:
    raise AssertionError("dbt was asked")


def plan_of_two_weeks(world: World) -> None:
    """A plan for a second week: a fill, a change on both sides, a held row, a new contact, and a red guard."""
    world.say_no_duplicates()
    world.add_contacts(person(1), person(2, phone="(303) 555-0101"), person(3, phone_source="paypal"))
    world.load(person(1), person(2, phone="(303) 555-0101"), person(3))
    world.apply(world.plan()["fingerprint"])
    world.run("update public.contacts set phone = '(303) 555-0142' where email = 'person2@example.org'")
    world.load(person(2, phone="(303) 555-0177"), *(person(n, city="Denver") for n in (1, 3, 4)), {"email": "?"})


def test_a_replayed_plan_is_the_plan_that_dbt_builds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plan_of_two_weeks(world)
    with monkeypatch.context() as patched:
        patched.setattr(recorded_build, "run_dbt", never)
        plan = world.plan()
    replayed = built(world)
    assert replayed["field_decisions"]["rows"]
    make_plan(world.target, state=world.folder)
    by_dbt = built(world)
    assert replayed == by_dbt
    assert plan["fingerprint"] == world.one("select fingerprint from kajabi_guard.plan_summary")["fingerprint"]


@pytest.mark.parametrize("what", ["statement", "test"])
def test_what_does_not_go_well_is_left_to_dbt(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    plan_of_two_weeks(world)
    world.plan()
    kept = RecordedBuild.file(PROJECT, BUILD)
    recording = json.loads(kept.read_text(encoding="utf-8"))
    with monkeypatch.context() as patched:
        patched.setattr(recorded_build, "run_dbt", lambda *_args, **_named: DbtRun(failed=["dbt_was_asked"]))
        if what == "test":
            recording["testing"]["assert_more"] = "select 1 as failures, true as should_error"
        else:
            recording["building"].append("select 1 / 0")
        patched.setattr(RecordedBuild, "folder", tmp_path)
        RecordedBuild.file(PROJECT, BUILD).write_text(json.dumps(recording), encoding="utf-8")
        with pytest.raises(KajabiGuardError, match="dbt_was_asked failed"):
            world.plan()


def test_a_red_guard_is_a_finding_of_a_replayed_plan(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plan_of_two_weeks(world)
    world.plan()
    monkeypatch.setattr(recorded_build, "run_dbt", never)
    world.load(person(1))
    world.plan()
    assert world.verdict()["guard_export_shrank"] > 0
    recording = json.loads(RecordedBuild.file(PROJECT, BUILD).read_text(encoding="utf-8"))
    assert MAY_FAIL in recording["testing"]


def test_another_policy_is_the_same_building_with_another_seed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plan_of_two_weeks(world)
    world.plan()
    world.policy = {"first_name": "follow_kajabi", "last_name": "never", "phone": "never"}
    with monkeypatch.context() as patched:
        patched.setattr(recorded_build, "run_dbt", never)
        plan = world.plan()
    replayed = built(world)
    assert any("policy_never" in row for row in replayed["field_decisions"]["rows"])
    make_plan(world.target, state=world.folder, project=world.folder / "project")
    assert replayed == built(world)
    assert plan["fingerprint"] == world.one("select fingerprint from kajabi_guard.plan_summary")["fingerprint"]


def test_another_project_is_not_replayed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plan_of_two_weeks(world)
    world.plan()
    monkeypatch.setattr(recorded_build, "run_dbt", lambda *_args, **_named: DbtRun(failed=["dbt_was_asked"]))
    world.macros = lambda text: text.replace("{% macro", "{# another one #}{% macro", 1)
    with pytest.raises(KajabiGuardError, match="dbt_was_asked failed"):
        world.plan()


def test_no_macro_or_model_asks_the_database_while_it_compiles() -> None:
    """What dbt sends would then depend on more than the project, and a recording would be wrong elsewhere."""
    # what makes a schema, a table or a view is sent while it runs, and nothing is answered
    answered = r"\badapter\.(?!quote)|\bstatement\((?!'create_schema'|'main')|\bexecute\s*%}"
    asking = re.compile(rf"run_query|load_result|dbt_utils|{answered}")
    files = [file for name in ("models", "macros", "tests/data") for file in (PROJECT / name).rglob("*.sql")]
    assert files
    assert [file.name for file in files if asking.search(file.read_text(encoding="utf-8"))] == []
