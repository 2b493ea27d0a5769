"""The rooms of ``loader/``: who may import whom, where a statement lives, and who may write. No database.

The rules stand in docs/flow.md, "The rooms". Each of them is broken on purpose below.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
LOADER = PROJECT / "loader"
# a room may import what stands on a lower floor; rooms of one floor never import each other
FLOORS = (("common",), ("database",), ("merge",), ("kajabi", "report", "stewardship"), ("demo",), ("cli",))
FLOOR_OF = {room: number for number, floor in enumerate(FLOORS) for room in floor}
ONLY_THERE = {
    "dbt": ("merge/dbt.py",),
    "rich": ("common/", "report/"),
    "jinja2": ("common/", "report/"),
}
# the reader of the file knows no database: it can be tried on any bytes, and an error of its cannot hold a row's cell
WITHOUT_DATABASE = ("kajabi/inbound/csv_scanner.py", "kajabi/inbound/export_file.py")
# what writes to the organisation's tables: a statement of these names, called from these files, and no other
WRITES = {"merge_contacts", "restore_values", "remove_inserted_contacts", "insert_contacts_again"}
WRITERS = ("merge/apply.py", "merge/undo.py")
WRITING = re.compile(
    r"\b(?:insert\s+into|update|delete\s+from|merge\s+into|truncate|alter\s+table|copy)\s+(?:only\s+)?public\.(\w+)"
    r"|kajabi_ledger\.(remove_inserted_contacts)\(",
    re.IGNORECASE,
)
DEMO = {"copy_contacts", "demo_contacts"}  # these fill a table that the demo itself has just made


@dataclass(frozen=True)
class Module:
    """One Python file of ``loader/``, by its path inside of it."""

    path: str
    text: str

    @property
    def room(self) -> str:
        return self.path.split("/")[0]

    @property
    def imports(self) -> list[tuple[str, ...]]:
        """Every imported name as a tuple: of ours by its path from ``loader`` with a leading "loader"."""
        here = ("loader", *self.path.removesuffix(".py").split("/"))[:-1]
        found: list[tuple[str, ...]] = []
        for node in ast.walk(ast.parse(self.text)):
            if isinstance(node, ast.Import):
                found += [tuple(alias.name.split(".")) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = here[: len(here) - node.level + 1] if node.level else ()
                module = tuple(node.module.split(".")) if node.module else ()
                found += [(*base, *module, alias.name) for alias in node.names]
        return found

    @property
    def statements(self) -> list[str | None]:
        """The names of the statements that are asked for; None where a name is built."""
        found: list[str | None] = []
        for node in ast.walk(ast.parse(self.text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "statement":
                argument = node.args[0]
                is_built = isinstance(argument, (ast.JoinedStr, ast.BinOp))
                if isinstance(argument, ast.Constant):
                    found.append(str(argument.value))
                elif is_built:
                    found.append(None)
        return found

    @property
    def words(self) -> set[str]:
        """Every text that the file holds: a name of a statement that is passed on stands among them."""
        nodes = ast.walk(ast.parse(self.text))
        return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def house() -> list[Module]:
    rooms = [file for file in sorted(LOADER.rglob("*.py")) if file.parent != LOADER]
    return [Module(str(file.relative_to(LOADER)), file.read_text(encoding="utf-8")) for file in rooms]


def statements() -> dict[str, list[str]]:
    """The folders, from ``loader``, that have a statement of this name."""
    found: dict[str, list[str]] = {}
    for file in sorted(LOADER.rglob("sql/**/*.sql")):
        found.setdefault(file.stem, []).append(str(file.parent.relative_to(LOADER)))
    return found


def upward(modules: list[Module]) -> list[str]:
    """Imports that do not go down."""
    return [
        f"{module.path} imports {'.'.join(name)}"
        for module in modules
        for name in module.imports
        if name[0] == "loader" and name[1] != module.room and FLOOR_OF.get(name[1], -1) >= FLOOR_OF[module.room]
    ]


def elsewhere(modules: list[Module]) -> list[str]:
    """Imports of a package outside of the rooms that may know it."""
    return [
        f"{module.path} imports {name[0]}"
        for module in modules
        for name in module.imports
        if (name[0] in ONLY_THERE and not module.path.startswith(ONLY_THERE[name[0]]))
        or (name[0] == "psycopg" and module.path in WITHOUT_DATABASE)
    ]


def misplaced(modules: list[Module], places: dict[str, list[str]]) -> list[str]:
    """Statements that are not in the room that calls them or in a lower one, and calls whose statement is nowhere."""
    found = []
    for module in modules:
        for name in module.statements:
            if name is None:
                found.append(f"{module.path} builds the name of a statement")
            elif name not in places:
                found.append(f"{module.path} calls {name}, which is nowhere")
            else:
                room = places[name][0].split("/")[0]
                if room != module.room and FLOOR_OF[room] >= FLOOR_OF[module.room]:
                    found.append(f"{module.path} calls {name}, which lives in {room}")
    return found


def writers(modules: list[Module]) -> list[str]:
    """Files that name a statement that writes to the organisation's tables, and may not."""
    return [
        f"{module.path} names {name}"
        for module in modules
        for name in sorted(module.words & WRITES)
        if module.path not in WRITERS
    ]


def test_imports_go_down_only() -> None:
    assert {module.room for module in house()} == set(FLOOR_OF), "every room has its floor"
    assert upward(house()) == []


def test_only_one_file_imports_dbt_and_the_reader_knows_no_database() -> None:
    assert elsewhere(house()) == []


def test_a_statement_lives_in_the_room_that_calls_it_and_names_are_written_out() -> None:
    assert {name: places for name, places in statements().items() if len(places) > 1} == {}, "one name, one statement"
    assert misplaced(house(), statements()) == []
    named = {word for module in house() for word in module.words}
    assert set(statements()) - named == set(), "nobody calls these"


def test_only_apply_and_undo_name_a_statement_that_writes_to_the_organisations_tables() -> None:
    writing = {
        file.stem
        for file in LOADER.rglob("sql/**/*.sql")
        if WRITING.search(re.sub(r"--.*", "", file.read_text(encoding="utf-8")))
    }
    assert writing - DEMO == WRITES
    assert writers(house()) == []


def test_the_command_line_executes_nothing() -> None:
    for module in house():
        if module.room == "cli":
            assert not re.search(r"\.execute\(|\bstatement\(", module.text), module.path


def test_no_file_is_named_after_its_folder() -> None:
    assert [module.path for module in house() if Path(module.path).stem.startswith(Path(module.path).parent.name)] == []


def test_who_only_reads_the_plan_does_not_import_the_write() -> None:
    write = {("loader", "merge", name) for name in ("apply", "undo", "transaction")}
    reading = {"database", "kajabi", "report", "stewardship"}
    found = [module.path for module in house() if module.room in reading and {n[:3] for n in module.imports} & write]
    assert found == []


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (upward, "report/document.py", "from ..cli.steps import plan"),
        (upward, "report/document.py", "from ..stewardship import overrides"),
        (upward, "database/connection.py", "def late() -> None:\n    from ..merge.apply import apply_plan"),
        (elsewhere, "merge/plan.py", "from dbt.cli.main import dbtRunner"),
        (elsewhere, "cli/report.py", "import rich.table"),
        (elsewhere, "kajabi/inbound/export_file.py", "import psycopg"),
        (lambda modules: misplaced(modules, statements()), "report/document.py", 'statement("record_decision")'),
        (lambda modules: misplaced(modules, statements()), "report/document.py", 'statement(f"report_{name}")'),
        (lambda modules: misplaced(modules, statements()), "report/document.py", 'statement("no_such")'),
        (writers, "stewardship/overrides.py", 'run(connection, "merge_contacts")'),
    ],
    ids=["up", "across", "up, late", "dbt", "rich", "psycopg", "across rooms", "built", "nowhere", "a second writer"],
)
def test_each_rule_is_noticed_when_it_is_broken(rule: object, path: str, text: str) -> None:
    assert callable(rule)
    assert rule([Module(path, text)])
