"""The tree reads as the data flows: what a model may refer to, and how long it may be."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).resolve().parents[2]
STAGES = ("staging", "matching", "decisions", "impact", "guard", "outbound")
MODELS = sorted((PROJECT / "models").rglob("*.sql"))
LONGEST = 80


def test_a_model_refers_to_its_own_stage_or_an_earlier_one() -> None:
    stage_of = {model.stem: STAGES.index(model.relative_to(PROJECT / "models").parts[0]) for model in MODELS}
    backwards = [
        (model.stem, name)
        for model in MODELS
        for name in re.findall(r"ref\('(\w+)'\)", model.read_text(encoding="utf-8"))
        if stage_of.get(name, 0) > stage_of[model.stem]
    ]
    assert backwards == []


def test_a_model_says_its_grain_first_and_fits_a_screen() -> None:
    for model in MODELS:
        lines = [line for line in model.read_text(encoding="utf-8").splitlines() if not line.startswith("{{ config")]
        assert lines[0].startswith("-- One row"), model.name
        assert len(lines) <= LONGEST, model.name
    assert median(len(model.read_text(encoding="utf-8").splitlines()) for model in MODELS) < LONGEST / 2


def test_no_model_branches_or_queries_while_it_compiles() -> None:
    for model in MODELS:
        text = model.read_text(encoding="utf-8")
        assert not re.search(r"\{%-? *(if|for|set|call)|run_query|statement\(", text), model.name


def test_python_files_fit_into_a_head() -> None:
    long = {file.name for file in (PROJECT / "loader").glob("*.py") if len(file.read_text().splitlines()) > 250}
    assert long == set()
