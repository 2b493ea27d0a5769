"""The demo, and what somebody types after it: everything that it printed can be pasted, and reaches nobody else."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import make_conninfo

import loader.merge.plan
from console import Console, Outcome, console_in, digest
from loader.database import disposable
from loader.database.connection import Target, connect, pointed_at
from loader.database.embedded.server import remove
from loader.demo import story
from recorded_build import RecordedBuild

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from world import World

NOWHERE = dict.fromkeys(("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE"))
PRINTED = re.compile(r"\./kajabi-guard[^`\n]*")
PRACTICE = "practice database: nothing here reaches your organisation"


@dataclass(frozen=True)
class Demo:
    """A demo that was told by the command line, with nothing else connected."""

    console: Console
    told: Outcome

    def type(self, line: str, **options: object) -> Outcome:
        """Type a line that was printed, as a shell would read it."""
        program, *words = shlex.split(line)
        assert program == "./kajabi-guard"
        return self.console.run(*words, **{"variables": NOWHERE, **options})  # type: ignore[arg-type]

    @property
    def your_turn(self) -> list[str]:
        """The commands that the demo ends with, without those for one's own database."""
        end = self.told.out[self.told.out.index("--- Your turn") :].partition("With your own")[0]
        return [line.strip() for line in end.split("\n") if line.startswith("   ./")]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with console_in(tmp_path_factory.mktemp("demo")) as console:
        told = console.run("demo", "--scale", "0.02", variables=NOWHERE)
        assert (told.code, told.err) == (0, "")
        yield Demo(console, told)
        remove(console.state / "practice")


@pytest.fixture
def theirs(world: World) -> World:
    """An organisation's own database: its contacts do not say that they are invented."""
    world.run("comment on table public.contacts is 'our people'")
    world.add_contacts({"email": "ada@example.org"})
    return world


@pytest.fixture
def untouched(demo: Demo) -> Demo:
    """The demo told anew: whatever other tests have typed before is gone."""
    told = demo.console.run("demo", "--scale", "0.02", "--fresh", variables=NOWHERE)
    assert (told.code, told.err) == (0, "")
    return Demo(demo.console, told)


def typed(outcome: Outcome) -> list[str]:
    """Every command of ours that was printed about a database."""
    found = PRINTED.findall(outcome.out + outcome.err)
    return [line for line in found if not re.match(r"\./kajabi-guard (connect|demo)\b", line)]


def test_the_four_commands_at_the_end_work_as_they_are_pasted_whatever_else_is_connected(
    untouched: Demo, theirs: World
) -> None:
    before = digest(theirs)
    assert [shlex.split(line)[2] for line in untouched.your_turn] == ["weekly", "explain", "history", "undo"]
    settings = theirs.target.settings
    url = make_conninfo(host=settings["PGHOST"], user=settings["PGUSER"], dbname=settings["PGDATABASE"])
    connected = {**settings, "DATABASE_URL": url}
    printed = [untouched.told]
    for line in untouched.your_turn:
        outcome = untouched.type(line, variables=connected)
        assert (outcome.code, outcome.err) == (0, ""), line
        assert PRACTICE in outcome.out.replace("\n", " "), line
        printed.append(outcome)
    (write,) = [line for line in typed(printed[1]) if shlex.split(line)[2] == "apply" and "--dry-run" not in line]
    applied = untouched.type(write, variables=connected)
    # the rehearsals before it took numbers, too
    assert (applied.code, "Applied plan" in applied.out) == (0, True)
    assert all(typed(outcome) for outcome in (*printed[:3], applied))
    for outcome in (*printed, applied):
        assert [line for line in typed(outcome) if not line.startswith("./kajabi-guard --practice ")] == []
    assert digest(theirs) == before


def test_without_anything_connected_every_command_is_about_the_demo(demo: Demo) -> None:
    for words in (("explain", "rosa.larkspur@example.org"), ("report",), ("history",), ("plan",)):
        outcome = demo.console.run(*words, variables=NOWHERE)
        assert (outcome.code, outcome.err) == (0, ""), words
        assert PRACTICE in outcome.out.replace("\n", " "), words
    doctor = demo.console.run("doctor", "--json", variables=NOWHERE)
    assert PRACTICE in doctor.out


def test_a_practice_command_where_no_practice_database_was_made_reaches_no_other(tmp_path: Path, theirs: World) -> None:
    with console_in(tmp_path) as console:
        outcome = console.run("--practice", "history", variables=theirs.target.settings)
        assert (outcome.code, "There is no practice database" in outcome.refusal) == (1, True)
        both = console.run("--practice", "--database-url", "postgresql:///crm", "history")
        assert (both.code, "name two databases" in both.refusal) == (2, True)


def test_a_told_demo_stays_as_its_reader_left_it_until_a_fresh_one_is_asked_for(demo: Demo) -> None:
    assert demo.console.run("--practice", "undo", "1").code == 0
    runs = demo.console.run("--practice", "history", "--json").document
    again = demo.console.run("demo", "--scale", "0.02")
    assert (again.code, "as you left it" in again.out, "--fresh" in again.out) == (0, True, True)
    assert "--- Your turn" in again.out
    assert demo.console.run("--practice", "history", "--json").document == runs
    fresh = demo.console.run("demo", "--scale", "0.02", "--fresh")
    assert (fresh.code, fresh.err) == (0, "")
    assert len(demo.console.run("--practice", "history", "--json").document) == 2


def test_an_export_of_the_demo_is_refused_by_any_other_database(demo: Demo, theirs: World) -> None:
    before = digest(theirs)
    for number in (1, 2, 3):
        outcome = demo.console.run("load", demo.console.state / "demo" / f"kajabi week {number}.csv")
        assert (outcome.code, "was made by the demo" in outcome.refusal) == (4, True)
    assert digest(theirs) == before


def test_a_demo_that_was_interrupted_begins_again(demo: Demo) -> None:
    stop = """
import loader.demo.story as story
def stopped(*arguments, **options):
    raise KeyboardInterrupt
story.apply_plan = stopped
"""
    outcome = demo.console.run("demo", "--scale", "0.02", "--fresh", before=stop)
    assert (outcome.code, "Traceback" in outcome.err) == (1, False)
    told = demo.console.run("demo", "--scale", "0.02")
    assert (told.code, "--- First week" in told.out, "--- Your turn" in told.out) == (0, True, True)


def test_on_another_server_it_makes_a_database_of_its_own_and_no_role(
    server: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Roles belong to a whole server: the demo leaves none on somebody else's."""
    url = make_conninfo(
        host=server["PGHOST"], port=server.get("PGPORT", "5432"), user=server["PGUSER"], dbname=server["PGDATABASE"],
        password=server.get("PGPASSWORD"),
    )  # fmt: skip
    roles = "select rolname from pg_roles where rolname ~ '^kajabi_guard_'"
    there = Target({**server, "PGDATABASE": story.DATABASE})
    monkeypatch.setattr(loader.merge.plan, "run_dbt", RecordedBuild())
    with pointed_at(Target(server)), connect(Target(server)) as admin:
        before = admin.execute(roles).fetchall()
    try:
        story.tell_story(
            url, scale=0.01, config=tmp_path / "config", state=tmp_path / "state", reports=tmp_path / "reports"
        )
        with pointed_at(there), connect(there) as connection:
            runs = connection.execute("select distinct database_role from kajabi_ledger.merge_runs").fetchall()
            assert connection.execute(roles).fetchall() == before
        assert runs == [{"database_role": server["PGUSER"]}]
        assert not (tmp_path / "config").exists(), "the practice database is not chosen by it"
    finally:
        disposable.drop(server, story.DATABASE)
