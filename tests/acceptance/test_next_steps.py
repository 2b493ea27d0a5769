"""Every printed next step is right where it is printed: from an empty database to next week by pasting them."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from console import Console, Outcome, console_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from world import World

ADA = {"kajabi_id": "2000000001", "email": "ada@example.org", "first_name": "Ada", "phone": "303-555-0101"}
BEN = {"kajabi_id": "2000000002", "email": "ben@example.org", "first_name": "Ben"}
NOWHERE = dict.fromkeys(("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE"))


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console_in(tmp_path_factory.mktemp("steps")) as console:
        yield console


def next_of(outcome: Outcome) -> str:
    """The next step that a command ended with; it names exactly one."""
    assert outcome.code in {0, 3}, outcome
    steps = re.findall(r"(?m)^Next: [^\n]*(?:\n[^ \n][^\n]*)*\n   (\./kajabi-guard .*)$", outcome.out)
    assert len(steps) == 1, outcome.out
    return str(steps[0])


def test_the_printed_steps_lead_from_nothing_to_next_week(console: Console, world: World) -> None:
    world.run("drop schema kajabi_raw, kajabi_ledger, kajabi_guard cascade")
    world.add_contacts({"email": "ada@example.org", "first_name": "Ada", "kajabi_id": "2000000001"})
    merged = world.folder / "merged.csv"
    merged.write_text("old_email,survivor_email\nada.old@example.org,ada@example.org\n", encoding="utf-8")
    files = {
        "last week's export.csv": world.write_export([{**ADA, "phone": None}]),
        "merged people.csv": merged,
        "this week's export.csv": world.write_export([ADA]),
        "next week's export.csv": world.write_export([ADA, BEN]),
    }
    step, names = next_of(console.run()), []
    while "next week" not in step:
        words = [str(files.get(word, word)) for word in shlex.split(step)[1:]]
        names.append(words[0])
        outcome = console.run(*words)
        alone = next_of(console.run())
        if words[0] == "weekly":  # the report of a plan ends with its own lines, and the same command
            assert f"Write it:     {alone}" in outcome.out
        else:
            assert next_of(outcome) == alone
        step = alone
    assert names == ["init", "load", "duplicate", "weekly", "apply"]
    assert world.contacts()["ada@example.org"]["phone"] == "303-555-0101"


def test_what_is_said_or_undone_after_a_plan_asks_for_another(console: Console, world: World) -> None:
    world.say_no_duplicates()
    world.add_contacts({"email": "ada@example.org", "kajabi_id": "2000000001"})
    world.load(ADA)
    assert next_of(console.run()) == "./kajabi-guard plan"
    world.plan()
    assert next_of(console.run()).startswith("./kajabi-guard apply ")
    said = console.run("protect", "ada@example.org", "phone", "--because", "no calls")
    assert next_of(said) == next_of(console.run()) == "./kajabi-guard plan"
    world.plan()
    applied = console.run("apply", world.one("select fingerprint from kajabi_guard.plan_summary")["fingerprint"])
    assert next_of(applied).startswith("./kajabi-guard weekly ")
    undone = console.run("undo", "1")
    assert next_of(undone) == next_of(console.run()) == "./kajabi-guard plan"
    again = console.run("undo", "2")
    assert next_of(again).startswith("./kajabi-guard weekly ")
    erased = console.run("forget", "nobody@example.org", "--because", "asked", "--yes")
    assert next_of(erased) == "./kajabi-guard plan"


def test_where_am_i_is_told_in_under_ten_lines_wherever_one_stands(console: Console, world: World) -> None:
    nowhere = console.run(variables=NOWHERE)
    assert (nowhere.code, next_of(nowhere)) == (0, "./kajabi-guard connect")
    empty = console.run()
    assert empty.out.startswith("database ")
    world.say_no_duplicates()
    world.load(ADA)
    world.plan()
    planned = console.run()
    for outcome in (nowhere, empty, planned):
        assert len(outcome.out.rstrip("\n").split("\n")) < 10
        assert max(map(len, outcome.out.split("\n"))) <= 80
    assert "Last export: export 1.csv, loaded today." in planned.out
    world.run("alter table public.contacts rename to people")
    assert next_of(console.run()) == "./kajabi-guard doctor"
    world.run("alter table public.people rename to contacts")


@pytest.mark.usefixtures("world")
def test_doctor_ends_with_the_step_of_the_state(console: Console) -> None:
    """It named `report` before there was a plan."""
    assert next_of(console.run("doctor")).startswith("./kajabi-guard load --as-baseline ")
    assert "./kajabi-guard report" not in console.run("doctor").out
