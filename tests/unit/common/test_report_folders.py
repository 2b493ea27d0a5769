"""The name of a report's folder: any file name, on any file system."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from loader.common.report_folders import folder_name, is_report, safe_name

DAY = date(2026, 11, 28)
PLAN = "bf0cae82" + "0" * 56


def test_the_folder_says_the_day_the_file_and_the_plan() -> None:
    assert folder_name(DAY, "contacts week 48.csv", 7, PLAN) == "2026-11-28 contacts week 48, load 7, plan bf0cae82"


def test_the_folders_lie_in_the_order_of_their_days() -> None:
    days = [date(2026, 9, 30), date(2026, 10, 1), date(2027, 1, 1)]
    names = [folder_name(day, file, 7, PLAN) for day, file in zip(days, ("z.csv", "m.csv", "a.csv"), strict=True)]
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("file_name", "part"),
    [
        ("Contacts.CSV", "Contacts"),
        ("contacts 28.11.2026", "contacts 28.11.2026"),
        ("contacts.csv.csv", "contacts.csv"),
        ("no suffix", "no suffix"),
        (".csv", "_"),
        ("", "_"),
        ("  spaced .csv", "spaced"),
        ('a/b\\c:d*e?f"g<h>i|j.csv', "a_b_c_d_e_f_g_h_i_j"),
        ("../../etc.csv", ".._.._etc"),
        ("x\u202egpj\u2066\x1b[31m\n\x00\x7f\u2028\u200b.csv", "x_gpj__[31m_____"),
        ("dots...csv", "dots__"),
        ("...", "___"),
        ("CON.csv", "_CON"),
        ("lpt1", "_lpt1"),
        ("nul .txt.csv", "_nul .txt"),
        ("console.csv", "console"),
        ("cafe\u0301.csv", "caf\u00e9"),
        ("ada@example.org.csv", "ada@example.org"),
    ],
)
def test_what_a_file_system_does_not_take_becomes_an_underscore(file_name: str, part: str) -> None:
    name = folder_name(DAY, file_name, 7, PLAN)
    assert name == f"2026-11-28 {part}, load 7, plan bf0cae82"
    assert is_report(name)


@pytest.mark.parametrize("sign", ["x", "é", "東", "\U0001f44d", "a.", "e\u0323\u0301"])
def test_a_long_name_is_cut_and_is_still_one(sign: str) -> None:
    name = folder_name(DAY, sign * 5_000 + ".csv", 10**9, PLAN)
    assert len(name.encode()) <= 143, "the least that a usual file system takes"
    assert is_report(name)
    assert sign[0] in unicodedata.normalize("NFC", name) or sign[0] in unicodedata.normalize("NFD", name)
    assert not safe_name(sign * 5_000).endswith((".", " "))


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("load 7 plan bf0cae82", True),
        ("2026-11-28 a, load 1, plan 00000000, load 7, plan bf0cae82", True),
        ("load 7 plan bf0cae82 copy", False),
        ("my 2026-11-28 a, load 7, plan bf0cae82", False),
        ("2026-11-28 a, load 7, plan bf0cae8", False),
        ("2026-11-28 notes", False),
        ("practice", False),
    ],
)
def test_only_what_the_tool_has_made_is_taken_for_a_report(name: str, is_ours: bool) -> None:  # noqa: FBT001
    assert is_report(name) is is_ours
