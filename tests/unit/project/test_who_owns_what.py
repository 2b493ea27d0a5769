"""``docs/who-owns-what.md`` says what the seeds say. No database."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

import ownership_page
import rules_pages
from loader.common.errors import Usage
from loader.common.paths import PROJECT
from loader.common.site_settings import POLICIES
from loader.database.connection import Target
from loader.merge.compare_policy import compare_policy

if TYPE_CHECKING:
    from pathlib import Path

SEED = PROJECT / "seeds" / "field_policies.csv"


def test_the_page_is_what_the_seeds_make_of_it() -> None:
    page = ownership_page.PAGE.read_text(encoding="utf-8")
    assert page == ownership_page.make_page(), (
        "The seeds or the template have changed: type `make docs` and commit the page."
    )


def test_every_policy_has_its_words() -> None:
    assert set(ownership_page.MAY) == set(ownership_page.TRUTH) == set(POLICIES)


def test_a_policy_that_is_changed_changes_the_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    for file in (PROJECT / "seeds").glob("*.csv"):
        text = file.read_text(encoding="utf-8").replace("phone,3,fill_blank", "phone,3,follow_kajabi")
        (tmp_path / "seeds" / file.name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(rules_pages, "PROJECT", tmp_path)
    assert "| `phone` | Kajabi, where nobody else gave the value | " in ownership_page.make_page()
    assert "policy `follow_kajabi`" in ownership_page.make_page()


def test_what_is_written_and_what_is_never_written_share_no_column_and_lose_none() -> None:
    with SEED.open(encoding="utf-8", newline="") as lines:
        managed = {row["field"] for row in csv.DictReader(lines)}
    written = set(ownership_page.written_columns())
    assert written == managed | {"kajabi_id", "kajabi_member_id"}
    assert written < set(ownership_page.contact_columns())
    page = ownership_page.make_page()
    assert all(f"`{column}`" in page for column in ownership_page.contact_columns())


def test_a_policy_file_without_a_column_is_told_which_one(tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text(SEED.read_text(encoding="utf-8").replace("is_address", "is_adress", 1), encoding="utf-8")
    with pytest.raises(Usage, match=r"lacks is_address\. Nothing was compared"):
        compare_policy(Target({}), file)
