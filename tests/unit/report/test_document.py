"""The report's document: its JSON says what its parts say, and who reads it imports nothing that writes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError, asdict, replace

import pytest

from documents import document, guard, run
from loader.common.errors import RefusedByGuard
from loader.common.paths import PROJECT
from loader.merge.guards import require_green
from loader.report import wording

FULL = document(
    rules=(
        {"rule": "fill_blank", "label": "our blank filled from Kajabi", "count_values": 3, "count_needs_review": 1},
        {"rule": "same", "label": "the same", "count_values": 0, "count_needs_review": 0},
    ),
)


def test_the_json_says_what_the_parts_say() -> None:
    told = FULL.as_json()
    assert (told["file_name"], told["fingerprint"]) == (FULL.plan.file_name, FULL.plan.fingerprint)
    assert told["rules"] == {"fill_blank": 3, "same": 0}
    assert told["rule_labels"]["same"] == "the same"
    assert told["review_by_rule"] == {"fill_blank": 1}, "only what needs review"
    assert (told["values"], told["needs_review"]) == ({"fill": 3, "keep": 109, "link": 0, "update": 0}, 0)
    assert told["old_import_now"] == {"kept": 112, "filled": 0, "updated": 0}
    assert (document().as_json()["plan_before"], told["unknown_labels"]) == (None, [])


def test_a_plan_stands_as_the_run_that_wrote_it_until_that_is_undone() -> None:
    told = [document(written=written).as_json()["applied_as_run"] for written in (None, run(4), run(4, 5))]
    assert told == [None, 4, None]


def test_a_part_cannot_be_changed_and_a_red_guard_is_one_that_did_not_pass() -> None:
    with pytest.raises(FrozenInstanceError):
        FULL.plan.load_id = 8  # type: ignore[misc]
    silent = replace(guard("guard_shifted_rows", passed=False), violations=None)
    assert document(guards=(guard(), silent)).red == (silent,)


def test_whoever_reads_the_report_imports_nothing_that_writes() -> None:
    code = (
        "import sys, loader.report.document, loader.report.files; "
        "sys.exit(any(f'loader.merge.{name}' in sys.modules for name in ('apply', 'undo', 'transaction', 'plan')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0


def test_a_red_guard_is_headed_by_what_is_wrong_and_a_green_one_by_what_is_well() -> None:
    green, red = guard(), guard(passed=False)
    assert (green.told, red.told) == ("contacts are as the plan saw them", "Contacts have changed since the plan")
    (told,) = wording.red_guards(document(guards=(green, red)))
    assert told["label"] == red.failed_label
    assert wording.how_to_go_on(document(guards=(red,))).endswith(f"is possible for: {red.failed_label}.")
    with pytest.raises(RefusedByGuard, match=rf"guard_stale_plan \({red.failed_label}\): 1 found"):
        require_green([asdict(red)])
