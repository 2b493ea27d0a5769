"""The road of a plain dbt user, typed line by line as README and docs/flow.md print it, on a fresh database.

The unit tests of dbt are left out of `dbt test`, by dbt's own variable: they ask nothing of the database that is
there, and `tests/integration/merge/test_dbt.py` runs all of them.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from console import console_in
from loader.database.connection import connect
from loader.database.statements import statement
from world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console import Console
    from loader.database.connection import Target

PROJECT = Path(__file__).parents[2]
ADA = {"email": "ada.brook@example.org", "first_name": "Ada", "last_name": "Brook", "kajabi_id": "1000000001"}
PHONE = "(303) 555-0142"
FILE = "this week's export.csv"
WITHOUT_UNIT_TESTS = {"DBT_EXCLUDE_RESOURCE_TYPES": "unit_test"}
APPLY = re.compile(r"kajabi-guard apply ([0-9a-f]{8})")


def block(page: str, title: str, language: str) -> list[str]:
    """The lines of the first block in this language under a heading."""
    text = (PROJECT / page).read_text(encoding="utf-8").partition(f"\n## {title}\n")[2]
    return text.partition(f"```{language}\n")[2].partition("```")[0].strip().split("\n")


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with console_in(tmp_path) as console:
        yield console


@pytest.fixture
def fresh(target: Target, console: Console) -> World:
    """A database with a contacts table of one contact, and nothing of this tool's."""
    world = World.__new__(World)
    world.target, world.folder, world.count_files = target, console.home, 0
    with connect(target) as connection:
        connection.execute(statement("demo_contacts"))
    world.add_contacts(ADA)
    return world


def test_the_dbt_road_of_the_readme_leads_from_a_fresh_database_to_the_write(console: Console, fresh: World) -> None:
    lines = block("README.md", "The dbt road", "console")
    commands = [shlex.split(line) for line in lines]
    assert [words[1] for words in commands] == ["load", *["with-database"] * 3, "report", "apply"], lines
    assert [words[3] for words in commands if words[1] == "with-database"] == ["run", "test", "show"]
    file = fresh.write_export([{**ADA, "phone": PHONE}])
    file.rename(console.home / "its own name.csv")
    fingerprint = ""
    for words in commands:
        assert words[0] == "./kajabi-guard"
        given = ["its own name.csv" if word == FILE else word for word in words[1:]]
        if given[0] == "apply":
            given[1:] = [fingerprint]
        outcome = console.run(*given, variables=WITHOUT_UNIT_TESTS)
        assert outcome.code == 0, (given, outcome)
        fingerprint = (APPLY.findall(outcome.out) or [fingerprint])[-1]
    assert [words for words in commands if FILE in words] == commands[:1]
    assert fresh.contacts()[ADA["email"]]["phone"] == PHONE


def test_dbt_without_the_tool_in_between_works_right_after_init(console: Console, fresh: World) -> None:
    """Nothing was loaded yet: no model fails for it, and no guard is red."""
    assert console.run("init").code == 0
    shutil.copyfile(console.project / "profiles.example.yml", console.project / "profiles.yml")
    programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    variables = {**fresh.target.settings, "PATH": programs, "HOME": str(console.home), "DO_NOT_TRACK": "1"}
    variables |= WITHOUT_UNIT_TESTS
    lines = block("docs/flow.md", "The plain dbt road", "sh")
    assert [line.split()[:2] for line in lines] == [["dbt", "run"], ["dbt", "test"], ["dbt", "show"]]
    for line in lines:
        ended = subprocess.run(
            ["/bin/sh", "-c", line], cwd=console.project, env=variables, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, (line, ended.stdout, ended.stderr)
