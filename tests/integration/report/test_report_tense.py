"""The report of a plan that was written says what was written, by which run, and how to undo it; never `Write it`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from html_page import HtmlPage
from loader.merge.apply import apply_plan
from loader.merge.guards import Override
from loader.merge.plan import Scope
from loader.merge.undo import undo_run
from loader.report.document import read_report
from loader.report.files import screen_lists, tell_again, write_files
from loader.report.html import PAGE
from loader.report.screen import render

if TYPE_CHECKING:
    from pathlib import Path

    from loader.merge.outcomes import Run
    from world import World

ADA, BEN, CLEO = ({"email": f"{name}@example.org", "first_name": name.title()} for name in ("ada", "ben", "cleo"))
ORDERS = ("Write it", "Rehearse it", "will be written", "will stand", "before you write", "and write it", " apply ")


@pytest.fixture
def site(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Two contacts whose phone Kajabi knows, somebody new, and a plan."""
    monkeypatch.setenv("KAJABI_GUARD_PERSON", "Zo\u00eb\u202e <b>Reed</b>")
    world.say_no_duplicates()
    world.add_contacts(ADA, BEN)
    world.load({**ADA, "phone": "303 555 0142"}, {**BEN, "phone": "303 555 0199"}, CLEO)
    world.plan()
    return world


def write(world: World) -> Path:
    with world.connect() as connection:
        document = read_report(connection, world.target)
        text = render(document, screen_lists(connection, document))
        return write_files(connection, document, text, world.folder / "reports")


def told(folder: Path) -> dict[str, str]:
    """The page and the text, each on one line, with the page's title and what it shows of values."""
    raw = (folder / PAGE).read_text(encoding="utf-8")
    assert "<b>Reed" not in raw
    assert "\u202e" not in raw
    text = (folder / "report.txt").read_text(encoding="utf-8")
    title = raw.partition("<title>")[2].partition("</title>")[0]
    return {"page": f"{title} {HtmlPage(raw).words}", "text": " ".join(text.split())}


def says(folder: Path, *sentences: str, orders: bool = False) -> None:
    """That page and text have these sentences in this order, and tell nobody to write."""
    for name, text in told(folder).items():
        rest = text
        for sentence in sentences:
            assert sentence in rest, (name, sentence, text)
            rest = rest.partition(sentence)[2]
        found = [order for order in ORDERS if order in text]
        assert bool(found) is orders, (name, found)


def undo(world: World, run_id: int) -> int:
    with world.connect() as connection:
        undone = undo_run(connection, world.target, run_id)
        tell_again(connection, world.target, world.folder / "reports")
    assert undone.run_id
    return undone.run_id


def apply(world: World, override: Override | None = None) -> Run:
    with world.connect() as connection:
        fingerprint = read_report(connection, world.target).plan.fingerprint
        run = apply_plan(connection, world.target, fingerprint, override=override)
        tell_again(connection, world.target, world.folder / "reports")
    return run


WHO = "UTC, by Zo\u00eb<U+202E> <b>Reed</b>"


def test_a_plan_is_told_in_its_tense_before_the_write_after_it_and_once_it_is_undone(site: World) -> None:
    folder = write(site)
    says(folder, "No value that you hold is changed.", "fills 2 blanks and adds 1 new person", orders=True)

    first = apply(site).run_id
    says(
        folder,
        f"run {first}, ",
        WHO,
        "2 values were written on 2 contacts.",
        f"This plan was applied as run {first}, ",
        WHO,
        "To undo it",
        f"./kajabi-guard undo {first}",
        "load and plan next week's export:",
        "./kajabi-guard weekly ",
    )
    says(
        folder,
        f"Written, as run {first}: no value that you held was changed.",
        "filled 2 blanks and added 1 new person",
    )
    says(folder, "What became of every difference")
    assert told(folder)["page"].startswith(f"Plan {folder.name[-8:]}, written by run {first} \u00b7 kajabi-guard")

    second = undo(site, first or 0)
    says(
        folder,
        f"Undone: run {second} undid what run {first} had written.",
        f"Run {second} undid all of it.",
        f"What run {first} wrote, and run {second} undid",
        f"This plan was undone by run {second}, ",
        WHO,
        "To write it again:",
        f"./kajabi-guard undo {second}",
        "./kajabi-guard plan",
    )
    assert f", written by run {first}, undone by run {second} \u00b7" in told(folder)["page"]

    third = undo(site, second)
    says(folder, f"Written, as run {third}: ", f"./kajabi-guard undo {third}", "./kajabi-guard weekly ")

    site.run("update public.contacts set phone = '1' where email = 'ada@example.org'")
    fourth = undo(site, third)
    says(
        folder,
        f"Undone: run {fourth} undid ",
        f"Run {fourth} left 1 value alone, because it was no longer as run {third}",
    )
    assert site.contacts()["ada@example.org"]["phone"] == "1"


def test_a_part_plan_that_was_written_goes_on_with_the_others(site: World) -> None:
    site.plan(Scope(only=[ADA["email"]]))
    folder = write(site)
    says(folder, "This is a part plan: 2 further contacts wait", orders=True)
    run = apply(site).run_id
    says(
        folder,
        f"Written, as run {run}: ",
        "This was a part plan: 2 further contacts wait",
        f"./kajabi-guard undo {run}",
        "plan the rest; that was a part plan:",
        "./kajabi-guard plan",
    )
    assert all("weekly" not in text for text in told(folder).values())


def test_a_plan_that_wrote_nothing_has_nothing_to_undo(site: World) -> None:
    apply(site)
    site.plan()
    folder = write(site)
    says(folder, "Nothing to write: every value stays as it is.", orders=True)
    run = apply(site).run_id
    says(
        folder,
        f"Applied, as run {run}: there was nothing to write, and every value stayed as it was.",
        "It wrote nothing, so there is nothing to undo.",
        "This export is the baseline now: the next one is compared with it.",
        "./kajabi-guard weekly ",
    )
    assert all("kajabi-guard undo" not in text for text in told(folder).values())


def test_a_guard_that_was_accepted_is_told_with_its_reason_and_not_offered_again(site: World) -> None:
    people = [{"email": f"p{number}@example.org"} for number in range(60)]
    site.add_contacts(*people)
    site.load(*({**person, "city": "Lyons"} for person in people))
    site.plan()
    folder = write(site)
    says(folder, "Stop: 1 guard is red", orders=True)
    run = apply(site, Override(["guard_unusual_volume"], "all \u202e read")).run_id
    says(folder, f"Written, as run {run}", f"It was accepted when run {run} wrote the plan, because: all <U+202E> read")
    assert all("--accept" not in text for text in told(folder).values())
