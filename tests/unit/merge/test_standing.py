"""The one next step, over all states; what each state is in a real database is tests/acceptance/test_next_steps.py."""

from __future__ import annotations

import re
import shlex
from itertools import product
from typing import Any

import pytest

from loader.cli.main import cli
from loader.merge.standing import APPLIED, NO_PLAN, PART_APPLIED, PLANS, READY, RED, STALE, Standing, next_step

FLAGS = ("is_connected", "has_contacts", "is_prepared", "has_baseline", "has_export", "are_merged_contacts_known")


def stand(plan: str, flags: tuple[bool, ...]) -> Standing:
    given: dict[str, Any] = dict(zip(FLAGS, flags, strict=True))
    return Standing(plan=plan, fingerprint="0123456789abcdef", **given)


STATES = [stand(plan, flags) for flags in product((True, False), repeat=len(FLAGS)) for plan in PLANS]


def wanted(standing: Standing) -> str:
    """What a careful person would do, said without looking at how it is derived: the first line that fits."""
    for fits, command in (
        (not standing.is_connected, "connect"),
        (not standing.has_contacts, "doctor"),
        (not standing.is_prepared, "init"),
        (standing.has_export and standing.plan in {NO_PLAN, STALE, PART_APPLIED}, "plan"),
        (standing.has_export and standing.plan == RED, "report"),
        (standing.has_export and standing.plan == READY, "apply 01234567"),
        (standing.has_export and standing.plan == APPLIED, "weekly"),
        (standing.are_merged_contacts_known, "weekly"),
        (standing.has_baseline, "duplicate --from"),
    ):
        if fits:
            return command
    return "load --as-baseline"


@pytest.mark.parametrize("standing", STATES, ids=[f"state {number}" for number in range(len(STATES))])
def test_every_state_has_one_next_step_that_can_be_pasted(standing: Standing) -> None:
    step = next_step(standing)
    assert step.command.startswith(f"./kajabi-guard {wanted(standing)}")
    program, name, *_ = shlex.split(step.command)
    assert (program, name in cli.commands) == ("./kajabi-guard", True)
    assert step.sentence.endswith(":")
    assert "\n" not in step.sentence + step.command
    mentioned = re.findall(r"`\./kajabi-guard ([a-z-]+)", step.sentence)
    assert set(mentioned) <= set(cli.commands)


@pytest.mark.parametrize("plan", PLANS)
def test_where_one_stands_is_told_in_a_few_lines(plan: str) -> None:
    told = Standing(
        has_export=True, plan=plan, fingerprint="0123456789abcdef", export="week 48.csv", days_since_load=3.4,
        count_written=1200, count_waiting=1, last_run="7 (apply, 2026-11-28).",
    ).as_lines()  # fmt: skip
    assert len(told) <= 4
    assert told[0] == "Last export: week 48.csv, loaded 3 days ago."
    assert "Needs review: 1 line (" in told[2]
