"""The tree reads as the data flows: what a model may refer to, and how long it may be."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).resolve().parents[3]
# their values beside each other are the list of managed fields, or a part of it
LIST_OF_ALL = ("first_name", "phone", "state", "postal_code", "country")
TYPED_FIELDS = ("address_line_1", "address_line_2", "postal_code", "country")
STAGES = ("staging", "matching", "decisions", "impact", "guard", "outbound")
MODELS = sorted((PROJECT / "models").rglob("*.sql"))
LONGEST = 120
MIDDLE = 40
LONGEST_PYTHON = 350


def test_a_model_refers_to_its_own_stage_or_an_earlier_one() -> None:
    stage_of = {model.stem: STAGES.index(model.relative_to(PROJECT / "models").parts[0]) for model in MODELS}
    backwards = [
        (model.stem, name)
        for model in MODELS
        for name in re.findall(r"ref\('(\w+)'\)", model.read_text(encoding="utf-8"))
        if stage_of.get(name, 0) > stage_of[model.stem]
    ]
    assert backwards == []


def test_sources_are_read_in_staging_only() -> None:
    """But for the guards and the faults of files: a second opinion that reads the same model is blind with it."""
    reading = {model for model in MODELS if "source('" in model.read_text(encoding="utf-8")}
    reading -= {PROJECT / "models/outbound/file_faults.sql"}
    assert {model.relative_to(PROJECT / "models").parts[0] for model in reading} == {"staging", "guard"}


def test_no_list_of_managed_fields_is_typed_by_hand() -> None:
    """They are emitted by the macros of ``managed_fields.sql``: a forgotten list would lose a field without a word."""
    files = [*MODELS, *(PROJECT / "macros").glob("*.sql"), *(PROJECT / "tests" / "data").rglob("*.sql")]
    typed = {
        file.name for file in files
        if all(re.search(rf"\b{name}\b", file.read_text(encoding="utf-8")) for name in TYPED_FIELDS)
    }  # fmt: skip
    assert typed == {"managed_fields.sql"}


def test_the_loader_types_no_list_of_managed_fields_by_hand_either() -> None:
    """But for what makes or fills a table of its own, and the page, which shows a person and not a list of fields."""
    files = [file for file in (PROJECT / "loader").rglob("*.*") if file.suffix in {".py", ".sql", ".j2"}]
    typed = {
        file.name for file in files
        if all(re.search(rf"\b{name}\b", file.read_text(encoding="utf-8")) for name in LIST_OF_ALL)
    }  # fmt: skip
    made = {"0001_raw_and_ledger.sql", "demo_contacts.sql", "copy_contacts.sql", "people.py"}
    assert typed == made | {"writes.html.j2"}


def test_a_model_says_its_grain_first_and_fits_a_screen() -> None:
    for model in MODELS:
        text = model.read_text(encoding="utf-8")
        lines = re.sub(r"^\{\{ config\(.*?\) \}\}\n", "", text, flags=re.DOTALL).splitlines()
        assert lines[0].startswith("-- One row"), model.name
        assert len(lines) <= LONGEST, model.name
    assert median(len(model.read_text(encoding="utf-8").splitlines()) for model in MODELS) < MIDDLE


def test_no_model_branches_or_queries_while_it_compiles() -> None:
    for model in MODELS:
        text = model.read_text(encoding="utf-8")
        assert not re.search(r"\{%-? *(if|for|set|call)|run_query|statement\(", text), model.name


def test_python_files_fit_into_a_head() -> None:
    long = {
        file.name for file in (PROJECT / "loader").rglob("*.py") if len(file.read_text().splitlines()) > LONGEST_PYTHON
    }
    assert long == set()
