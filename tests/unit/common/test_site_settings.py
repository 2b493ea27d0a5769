"""A site's own policies, sources and limits: what is taken, what is refused, what is laid over. No database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml  # type: ignore[import-untyped]

from loader.common.errors import Usage
from loader.common.paths import PROJECT
from loader.common.site_settings import (
    LIMITS,
    OWN_SEEDS,
    check_own_files,
    check_policies,
    dbt_project,
    known_sources,
    own_files,
    own_limits,
    seed_file,
)
from loader.merge.site_project import lay_over, site_project

if TYPE_CHECKING:
    from pathlib import Path


def text(name: str) -> str:
    return (PROJECT / "seeds" / f"{name}.csv").read_text(encoding="utf-8")


def put(config: Path, name: str, content: str) -> Path:
    file = config / name
    file.write_text(content, encoding="utf-8")
    return file


def test_without_files_of_its_own_a_site_has_the_project_as_it_is(tmp_path: Path) -> None:
    assert own_files(tmp_path) == []
    assert own_limits(tmp_path) == {}
    assert site_project(tmp_path / "state", tmp_path) == PROJECT
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("name", OWN_SEEDS)
def test_a_copy_of_the_projects_file_is_accepted_also_as_a_spreadsheet_saves_it(tmp_path: Path, name: str) -> None:
    put(tmp_path, f"{name}.csv", "\ufeff" + text(name).replace("true", "TRUE").replace("\n", "\r\n") + "\r\n")
    check_own_files(tmp_path)
    assert seed_file(name, tmp_path) == tmp_path / f"{name}.csv"


def test_no_other_seed_can_be_a_sites_own(tmp_path: Path) -> None:
    put(tmp_path, "guards.csv", "guard\n")
    assert seed_file("guards", tmp_path) == PROJECT / "seeds" / "guards.csv"
    assert own_files(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("field_policies", "phone,3,fill_blank", "phone,3,follow", "one of fill_blank, follow_kajabi, never"),
        ("field_policies", "phone,3,fill_blank", "fax,3,fill_blank", "does not have each field"),
        ("field_policies", "phone,3,fill_blank", "city,3,fill_blank", "does not have each field"),
        ("field_policies", "city,6,fill_blank", "city,6,never", "address is one unit"),
        ("field_policies", "phone,3,fill_blank,false", "phone,3,fill_blank,true", "in position or is_address"),
        ("field_policies", "phone,3,fill_blank", "phone,4,fill_blank", "in position or is_address"),
        ("field_policies", "is_address", "address", "It lacks is_address"),
        ("field_policies", "Part of the address: decided with the other five.", "", "does not say why for city"),
        ("field_policies", "city,6,", "city;6;", "more or fewer cells"),
        ("field_policies", "first_name,1", '"first_name,1', "cannot be read"),
        ("source_priorities", "zoho,true,named", "zoho,true,ours", "one of own, named, legacy"),
        ("source_priorities", "zoho,true,named", "zoho,perhaps,named", "one of true, false"),
        ("source_priorities", "zoho,true,named,30", "zoho,true,named,high", "no whole number"),
        ("source_priorities", "zoho,true", "paypal,true", "twice"),
        ("source_priorities", "zoho,true", "Zoho,true", "lower case"),
        ("source_priorities", "From invoices.", " ", "does not say why for quickbooks"),
        ("source_priorities", "provenance_class", "class", "It lacks provenance_class"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_meant_is_refused_by_name(
    tmp_path: Path, name: str, before: str, after: str, told: str
) -> None:
    changed = text(name).replace(before, after)
    assert changed != text(name)
    put(tmp_path, f"{name}.csv", changed)
    with pytest.raises(Usage, match=rf"(?s){name}\.csv .*{re.escape(told)}.*") as refused:
        site_project(tmp_path / "state", tmp_path)
    assert "Nothing was done." in str(refused.value)
    assert not (tmp_path / "state").exists()
    if name == "field_policies":
        with pytest.raises(Usage, match=r"Nothing was compared\."):
            check_policies(tmp_path / f"{name}.csv", "Nothing was compared.")
    else:
        with pytest.raises(Usage):
            known_sources(tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("volume_limit: 3", "unknown limits: volume_limit"),
        ("volume_limit_percent: many", "needs a number of 0 or more for volume_limit_percent"),
        ("volume_limit_percent: '20'", "needs a number of 0 or more"),
        ("volume_limit_percent: -1", "needs a number of 0 or more"),
        ("volume_limit_percent: true", "needs a number of 0 or more"),
        ("volume_limit_percent: .inf", "needs a number of 0 or more"),
        ("volume_limit_percent:", "needs a number of 0 or more"),
        ("20", "not a list of limits"),
        ("- volume_limit_percent", "not a list of limits"),
        ("volume_limit_percent: [", "not a list of limits"),
        ("", "not a list of limits"),
    ],
)  # fmt: skip
def test_limits_that_cannot_be_meant_are_refused(tmp_path: Path, content: str, told: str) -> None:
    put(tmp_path, LIMITS, content)
    with pytest.raises(Usage, match=rf"(?s){re.escape(LIMITS)} .*{re.escape(told)}"):
        check_own_files(tmp_path)


def test_what_is_laid_over_is_the_sites_and_all_else_the_projects(tmp_path: Path) -> None:
    policies = put(
        tmp_path, "field_policies.csv", text("field_policies").replace("phone,3,fill_blank", "phone,3,never")
    )
    put(tmp_path, LIMITS, "# autumn\nvolume_limit_percent: 25\nfilled_limit_points: 7.5\n")
    folder = site_project(tmp_path / "state", tmp_path)
    assert folder == tmp_path / "state" / "dbt" / "project"
    assert (folder / "seeds" / "field_policies.csv").read_bytes() == policies.read_bytes()
    laid = {file.relative_to(folder) for file in folder.rglob("*") if file.is_file()}
    ours = {file.relative_to(PROJECT) for file in (PROJECT / "seeds").rglob("*") if file.is_file()}
    assert {file for file in laid if file.parts[0] == "seeds"} == ours
    others = [file for file in ours if file.name != "field_policies.csv"]
    assert all((folder / file).read_bytes() == (PROJECT / file).read_bytes() for file in others)
    assert (folder / "models").resolve() == PROJECT / "models"
    assert (folder / "tests" / "data").resolve() == PROJECT / "tests" / "data"
    project = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))
    limits = {"volume_limit_percent": 25, "filled_limit_points": 7.5}
    assert project == {**dbt_project(), "vars": {**dbt_project()["vars"], **limits}}


def test_a_second_laying_over_touches_nothing_and_one_after_a_change_only_that(tmp_path: Path) -> None:
    put(tmp_path, LIMITS, "volume_limit_percent: 25")
    folder = site_project(tmp_path / "state", tmp_path)
    (folder / "seeds" / "of_an_earlier_version.csv").write_text("a\n", encoding="utf-8")
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()}
    put(tmp_path, LIMITS, "volume_limit_percent: 26")
    site_project(tmp_path / "state", tmp_path)
    after = {file: file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()}
    changed = {file.name for file in before if before[file] != after.get(file)}
    assert changed == {"dbt_project.yml", "of_an_earlier_version.csv"}
    assert not (folder / "seeds" / "of_an_earlier_version.csv").exists()


def test_a_policy_to_compare_stands_in_for_the_sites_own_and_the_limits_stay(tmp_path: Path) -> None:
    put(tmp_path, "field_policies.csv", text("field_policies").replace("phone,3,fill_blank", "phone,3,never"))
    put(tmp_path, LIMITS, "volume_limit_percent: 25")
    other = put(tmp_path, "other.csv", text("field_policies"))
    folder = lay_over(tmp_path / "project", other, tmp_path)
    assert (folder / "seeds" / "field_policies.csv").read_bytes() == other.read_bytes()
    project = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["vars"]["volume_limit_percent"] == 25


def test_the_inputs_of_a_plan_have_every_limit() -> None:
    model = (PROJECT / "models" / "decisions" / "plan" / "plan_inputs.sql").read_text(encoding="utf-8")
    pairs = re.findall(r"\('(\w+)', \{\{ var\('(\w+)'\) \}\}", model)
    assert [name for name, _ in pairs] == [var for _, var in pairs] == list(dbt_project()["vars"])
