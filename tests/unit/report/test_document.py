"""The report's document: its JSON has the keys that scripts rely on, and who reads it imports nothing that writes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError, asdict, replace
from typing import Any

import pytest

from documents import document, guard, outcome, run, zeros
from loader.common.errors import RefusedByGuard
from loader.common.paths import PROJECT
from loader.merge.guards import require_green
from loader.report import wording
from loader.report.parts import Held, Owner, PlanBefore, Rule, Week

# every key of `report --json`, as scripts have found it since the first version that had it; `files` is the command's
KEYS: dict[str, Any] = {
    **dict.fromkeys(("database", "is_practice", "load_id", "file_name", "fingerprint", "policy_version")),
    **dict.fromkeys(("is_partial", "applied_as_run")),
    "writes": ("updated_contacts", "inserted_contacts", "outside_this_plan"),
    "contacts": ("held", "in_database", "in_export", "matched", "new", "only_in_database"),
    "values": ("fill", "keep", "link", "update"),
    "needs_review": None,
    "rules": ("fill_blank", "same"),
    "rule_labels": ("fill_blank", "same"),
    "review_by_rule": ("fill_blank",),
    "old_import": (
        *("contacts_changed", "corrected_contacts", "enriched_contacts", "enriched_linked_to_paypal"),
        *("enriched_linked_to_zoho", "relabelled_contacts", "values_changed", "values_by_field"),
    ),
    "enrichment": (
        *("linked_to_paypal", "linked_to_zoho", "names_from_paypal", "phones_from_others", "shipping_addresses"),
        "with_phone",
    ),
    "addresses": ("match", "missing_here", "missing_in_kajabi", "needs_update", "only_in_database", "only_in_export"),
    "outcomes": [("field", "outcome", "rule", "label", "count_values", "count_needs_review")],
    "old_import_now": ("kept", "filled", "updated"),
    "weeks": [
        ("run_id", "finished_at", "file_name", "differences", "kept", "needs_review", "held", "filled", "inserted")
    ],
    "plan_before": ("fingerprint", "load_id", "is_partial", "file_name", "added", "gone", "changed"),
    "corrections": ("arrived", "not_yet", "otherwise", "sent"),
    "held": [("hold_reason", "label", "remedy", "count_rows")],
    "owners": [("owner_label", "owner_class", "count_values")],
    **dict.fromkeys(("vanished_contacts", "email_changes", "unknown_labels")),
    "guards": [("guard", "label", "failed_label", "is_overridable", "violations", "passed")],
}
FULL = document(
    rules=(Rule("fill_blank", "our blank filled from Kajabi", "fill", 3, 1), Rule("same", "the same", "none", 0, 0)),
    outcomes=(outcome("fill", "fill_blank", 3),),
    weeks=(zeros(Week),),
    before=zeros(PlanBefore),
    held=(Held("no_email", "no email", "Add it.", 1),),
    owners=(Owner("PayPal", "named", 3),),
)


def shape(value: Any) -> Any:
    """The keys of a part in their order; None for a plain value."""
    if isinstance(value, dict):
        return tuple(value)
    return [shape(value[0])] if isinstance(value, list) and value else None


def test_the_json_has_the_keys_that_it_has_always_had_in_their_order() -> None:
    told = FULL.as_json()
    assert {name: shape(value) for name, value in told.items()} == KEYS
    assert list(told) == list(KEYS)


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
    assert told.label == red.failed_label
    assert wording.how_to_go_on(document(guards=(red,))).endswith(f"is possible for: {red.failed_label}.")
    with pytest.raises(RefusedByGuard, match=rf"guard_stale_plan \({red.failed_label}\): 1 found"):
        require_green([asdict(red)])
