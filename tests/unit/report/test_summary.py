"""The answer in sentences: true in every case. And the pictures' geometry, and a value as it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from documents import document, guard, outcome, run
from loader.report.charts import WEEK_HEIGHT, bars, outcomes_by_field, reasons_to_keep, weeks
from loader.report.html import LONGEST_VALUE, is_blank, shown
from loader.report.summary import answer, listed


def now(**counts: int) -> dict[str, Any]:
    """What this plan does with the values that the old import would have changed."""
    return {"now": counts}


def sentences(**changed: Any) -> str:
    told = answer(document(**changed))
    return " ".join((told.headline, *told.first, *told.then))


def test_the_usual_week() -> None:
    assert sentences() == (
        "No value that you hold is changed. The old import would have changed 112 values of 100 people. "
        "This one changes none of them. In all it fills 3 blanks and adds 2 new people."
    )


def test_blanks_that_the_old_import_would_have_filled_as_well_are_not_called_unchanged() -> None:
    told = sentences(old_import=now(kept=110, filled=2))
    assert "This one leaves 110 of them as they are and fills 2 that are blank here." in told
    assert "none of them" not in told
    assert "leaves 0" not in sentences(old_import=now(kept=0, filled=112))


def test_values_that_are_taken_are_told_with_who_said_so() -> None:
    told = sentences(
        values={"update": 3},
        old_import=now(kept=109, updated=3),
        outcomes=(
            outcome("update", "kajabi_changed", 2),
            outcome("update", "decided_kajabi", 1),
            outcome("keep", "kajabi_changed", 7),
        ),
    )
    assert told.startswith("3 values are taken from Kajabi, as your policy or an override says.")
    assert "No value that you hold is changed" not in told
    assert "takes Kajabi's in 3, because of a policy or an override" in told
    assert "From Kajabi: 2 because the policy of the field follows Kajabi and 1 because of an override." in told


def test_nothing_to_write() -> None:
    told = sentences(
        values={"fill": 0},
        writes={"updated_contacts": 0, "inserted_contacts": 0},
        old_import={"values_changed": 0, "contacts_changed": 0, "relabelled_contacts": 1, **now(kept=0)},
    )
    assert told == (
        "Nothing to write: every value stays as it is. The old import would have changed no value. It fills no blank "
        "and adds nobody. The old import would have relabelled 1 contact of other sources as well; this one never does."
    )


@pytest.mark.parametrize("count_red", [1, 2])
def test_a_red_guard_comes_before_everything_and_nothing_is_said_to_happen(count_red: int) -> None:
    guards = tuple(guard(passed=number >= count_red) for number in range(3))
    told = answer(document(guards=guards))
    assert told.state == "red"
    assert told.headline.startswith("Stop: 1 guard is red" if count_red == 1 else "Stop: 2 guards are red")
    assert "In all it would fill 3 blanks and would add 2 new people." in told.first
    assert "This one would change none of them." in told.first


def test_a_plan_that_was_written_is_told_in_the_past() -> None:
    told = sentences(written=run(4), old_import=now(kept=111, filled=1))
    assert told.startswith("Written, as run 4: no value that you held was changed.")
    assert "This one left 111 of them as they were and filled 1 that was blank here." in told
    assert "In all it filled 3 blanks and added 2 new people." in told
    assert "This was a part plan" in sentences(written=run(4), plan={"is_partial": True})
    assert sentences(written=run(4), values={"update": 1}).startswith("Written, as run 4: 1 value was taken from ")


def test_a_plan_that_wrote_nothing_says_so() -> None:
    nothing = {"values": {"fill": 0}, "writes": {"updated_contacts": 0, "inserted_contacts": 0}}
    told = sentences(written=run(4), **nothing)
    assert told.startswith("Applied, as run 4: there was nothing to write, and every value stayed as it was.")
    assert "It filled no blank and added nobody." in told


def test_a_plan_that_was_undone_says_so_first_and_how_much_of_it() -> None:
    told = sentences(written=run(4, 5), guards=(guard(passed=False),))
    assert told.startswith("Undone: run 5 undid what run 4 had written. The old import would have changed 112 values")
    assert "In all it filled 3 blanks and added 2 new people. Run 5 undid all of it." in told
    left = sentences(written=run(4, 5, values_left=2, contacts_left=1))
    assert "Run 5 left 2 values and 1 contact alone, because they were no longer as run 4 had written." in left
    assert "left 1 value alone, because it was no" in sentences(written=run(4, 5, values_left=1))


def test_a_part_plan_says_how_many_wait() -> None:
    waits = "This is a part plan: 298 further contacts wait for a plan without --only or --first."
    assert waits in sentences(plan={"is_partial": True}, writes={"outside_this_plan": 298})


def test_what_waits_is_told_with_its_number() -> None:
    assert "1 value needs review; left open, it does no harm." in sentences(values={"needs_review": 1})
    both = "2 values need review and 125 export rows are quarantined; left open, they do no harm."
    assert both in sentences(values={"needs_review": 2}, contacts={"held": 125})


def test_a_list_in_words() -> None:
    assert [listed(parts) for parts in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]


def test_a_bar_is_as_long_as_its_number_and_one_is_never_invisible() -> None:
    long, short = bars([("long", {"fill": 500, "keep": 500}), ("short", {"keep": 1})])
    assert [(piece.kind, piece.start, piece.width) for piece in long.segments] == [
        ("fill", "0.000%", "50.000%"),
        ("keep", "50.000%", "50.000%"),
    ]
    assert [piece.width for piece in short.segments] == ["1.000%"]
    assert bars([("none", {"keep": 0})])[0].segments == []


def test_every_outcome_is_drawn_once() -> None:
    rows = [
        outcome("keep", "a", 5, count_needs_review=2),
        outcome("fill", "b", 3),
        outcome("keep", "a", 9, field="city"),
    ]
    phone, city = outcomes_by_field(rows)
    assert (phone.total, phone.numbers["review"], phone.numbers["keep"], phone.numbers["fill"]) == (8, 2, 3, 3)
    assert city.total == 9
    (reason,) = reasons_to_keep(rows)
    assert (reason.key, reason.total, reason.numbers["review"]) == ("a", 14, 2)


def test_the_highest_week_fills_the_picture_and_its_foot_is_for_a_person() -> None:
    first, second = weeks([{"kept": 50, "needs_review": 0}, {"kept": 100, "needs_review": 25}])
    assert (float(second["top"]), float(second["height"])) == (0, WEEK_HEIGHT)
    foot = float(second["review_top"]), float(second["review_height"])
    assert foot == (WEEK_HEIGHT * 0.75, WEEK_HEIGHT * 0.25)
    assert (float(first["height"]), float(first["review_height"])) == (WEEK_HEIGHT / 2, 0)
    assert weeks([]) == []


def test_a_value_shows_what_cannot_be_seen_and_is_cut_where_it_is_too_long() -> None:
    assert shown("a\u202eb\x00") == "a<U+202E>b<U+0000>"
    assert shown("x" * LONGEST_VALUE) == "x" * LONGEST_VALUE
    assert shown("x" * 1000) == "x" * LONGEST_VALUE + " … (1,000 characters)"
    assert [is_blank(value) for value in (None, "", "  ", 0, "x")] == [True, True, True, False, False]
