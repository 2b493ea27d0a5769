"""The rows of an export in the database: every cell as the file has it, each row with its load, all rows or none."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loader.common.errors import ExportRejected
from loader.kajabi.inbound.load import load_export

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loader.kajabi.inbound.load import Load
    from world import World

HEADER = ("Email", "Tags", "Products", "Name", "Custom (custom_1)", "city", "state")
LOADED = ("email", "tags", "products", "full_name", "city", "state")
ODD = (
    *("\\", "\\.", "\\N", "\\t", "a\\", "\t", "a\tb", "\r", "\n", "\r\n", "\n\\.\n"),
    *("", " ", ",", ",,", '"', '""', '","', "NULL"),
    *("\u2028", "\x85", "\x0b\x0c\x1c", "\x01", "\x7f", "\ufeff", "é\u0301", "😀", "'", "{}", "%(columns)s", "\x1a"),
)
CELLS = st.one_of(st.sampled_from(ODD), st.text(st.sampled_from(list('",\r\n\t\\.aé\u2028😀')), max_size=6))


def file_of(folder: Path, records: Sequence[Sequence[str]], line_end: str = "\r\n", quoting: int = 1) -> Path:
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator=line_end).writerows([HEADER, *records])  # type: ignore[arg-type]
    path = folder / "export.csv"
    path.write_bytes(text.getvalue().encode())
    return path


def loaded(world: World, path: Path) -> Load:
    with world.connect() as connection:
        return load_export(connection, path)


def rows_of(world: World, load: Load) -> list[dict[str, Any]]:
    query = "select * from kajabi_raw.contact_rows where load_id = %(load_id)s order by row_number"
    return world.rows(query, load_id=load.load_id)


def check_all(world: World, load: Load, records: Sequence[Sequence[str]]) -> None:
    """The rows are these records, in their order; a column that the file lacks is null, an empty cell is not."""
    rows = rows_of(world, load)
    assert [row["row_number"] for row in rows] == list(range(1, len(records) + 1))
    assert [tuple(row[name] for name in LOADED) for row in rows] == [(*record[:4], *record[5:]) for record in records]
    assert {row["country"] for row in rows} == {None}
    counted = world.one("select row_count from kajabi_raw.loads where load_id = %(load_id)s", load_id=load.load_id)
    assert load.row_count == counted["row_count"] == len(records)


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_what_copy_could_take_for_something_else_arrives_as_it_is(
    world: World, tmp_path: Path, quoting: int, line_end: str
) -> None:
    # Python before 3.13 leaves a cell with a lone CR bare, which is no CSV
    odd = [cell for cell in ODD if quoting == csv.QUOTE_ALL or "\r" not in cell.replace("\r\n", "")]
    records = [(f"{number}@example.org", cell, "x", "Ann", cell, "", cell) for number, cell in enumerate(odd)]
    check_all(world, loaded(world, file_of(tmp_path, records, line_end, quoting)), records)


def test_a_client_that_speaks_another_encoding_loads_the_same(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    records = [("ann@example.org", "é😀\u2028", "", "Zoë", "", "Zürich", "")]
    load = loaded(world, file_of(tmp_path, records))
    monkeypatch.delenv("PGCLIENTENCODING")
    check_all(world, load, records)


def test_random_cells_arrive_as_they_are(world: World, tmp_path: Path) -> None:
    @settings(derandomize=True, deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
    @given(table=st.lists(st.tuples(*[CELLS] * 5), min_size=1, max_size=30), line_end=st.sampled_from(["\r\n", "\n"]))
    def check(table: list[tuple[str, ...]], line_end: str) -> None:
        name_of = str.maketrans("\r\n", "  ")  # no name has a line break
        records = [
            (f"{number}@example.org", *row[:2], row[2].translate(name_of), *row[2:]) for number, row in enumerate(table)
        ]
        check_all(world, loaded(world, file_of(tmp_path, records, line_end)), records)

    check()


def test_a_fault_in_the_last_record_of_many_leaves_nothing(world: World, tmp_path: Path) -> None:
    """Thousands of records have been sent by then."""
    person = ("ann@example.org", "a, b", "x", "Ann", "", "Lyons", "CO")
    good = file_of(tmp_path, [person] * 20_000).read_bytes()
    path = tmp_path / "export.csv"
    path.write_bytes(good + b"ann@example.org,x")
    with pytest.raises(ExportRejected, match=r"record 20001 .*as if cut off.*Nothing was loaded"):
        loaded(world, path)
    assert world.one("select count(*) as rows from kajabi_raw.contact_rows") == {"rows": 0}
    assert world.one("select count(*) as loads from kajabi_raw.loads") == {"loads": 0}
    path.write_bytes(good)
    check_all(world, loaded(world, path), [person] * 20_000)


def test_a_file_that_changes_while_it_is_copied_leaves_nothing(world: World, tmp_path: Path) -> None:
    path = file_of(tmp_path, [("ann@example.org", "x", "", "Ann", "", "Lyons", "CO")] * 5000)
    other = path.read_bytes().replace(b"Lyons", b"Lions")

    def change(_: int) -> None:
        path.write_bytes(other)

    with world.connect() as connection, pytest.raises(ExportRejected, match="changed between the check and the load"):
        load_export(connection, path, progress=change)
    assert world.one("select count(*) as rows from kajabi_raw.contact_rows") == {"rows": 0}


def test_a_person_who_interrupts_a_copy_leaves_nothing(world: World, tmp_path: Path) -> None:
    path = file_of(tmp_path, [("ann@example.org", "x", "", "Ann", "", "Lyons", "CO")] * 5000)

    def interrupt(done: int) -> None:
        if done > path.stat().st_size / 2:
            raise KeyboardInterrupt

    with world.connect() as connection:
        with pytest.raises(KeyboardInterrupt):
            load_export(connection, path, progress=interrupt)
        assert world.one("select count(*) as rows from kajabi_raw.contact_rows", connection) == {"rows": 0}
        assert load_export(connection, path).status == "loaded"


# --- what a foreign key would promise ---


def test_no_row_is_without_its_load_and_rows_go_with_it(world: World) -> None:
    load_ids = [world.load({"email": f"{name}@example.org"}).load_id for name in ("ann", "bo", "cy")]
    insert = "insert into kajabi_raw.contact_rows (load_id, row_number) values (%(load_id)s, 9)"
    move = "update kajabi_raw.contact_rows set load_id = %(load_id)s where load_id = %(of)s"
    for load_id in (load_ids[0] - 1, load_ids[2] + 1):
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            world.run(insert, load_id=load_id)
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            world.run(move, load_id=load_id, of=load_ids[1])
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        world.run("update kajabi_raw.loads set load_id = default where load_id = %(load_id)s", load_id=load_ids[1])
    world.run(insert, load_id=load_ids[1])
    world.run("delete from kajabi_raw.loads where load_id = %(load_id)s", load_id=load_ids[1])
    left = world.rows("select distinct load_id from kajabi_raw.contact_rows order by 1")
    assert [row["load_id"] for row in left] == [load_ids[0], load_ids[2]]
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        world.run(insert, load_id=load_ids[1])
    world.run("truncate kajabi_raw.loads")
    assert world.rows("select from kajabi_raw.contact_rows") == []
