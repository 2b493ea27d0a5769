"""A statement is composed for the site: a line for each field that its contacts have, and none for what they lack."""

from __future__ import annotations

import re

from contacts_shape import PLANNED
from loader.database.statements import FIELD_LINE, files, statement


def test_a_line_for_each_field_that_is_there_in_the_order_of_the_seed() -> None:
    text = statement("merge_contacts", frozenset({"id", "email", "phone", "city", "kajabi_id", "nickname"}))
    assert re.findall(r'(?m)^        "(\w+)" = planned\."\1",?$', text) == ["phone", "city", "kajabi_id"]
    assert """contacts."phone"::text is not distinct from planned.contact_as_seen ->> 'phone'\n""" in text
    assert '"kajabi_id" = planned."kajabi_id"\nwhen not matched' in text, "no comma after the last"
    assert "first_name" not in text
    assert "each field" not in text


def test_what_reads_our_own_tables_has_every_field() -> None:
    assert re.findall(r'(?m)^    "(\w+)",?$', statement("copy_plan")) == [*PLANNED, *PLANNED]


def test_every_marker_is_understood_and_stands_on_a_line_that_names_the_field() -> None:
    marked = [
        (name, line)
        for name, file in files().items()
        for line in file.read_text(encoding="utf-8").splitlines()
        if "-- each" in line
    ]
    assert marked
    assert [name for name, line in marked if not FIELD_LINE.match(line) or "first_name" not in line] == []
