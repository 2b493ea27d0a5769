"""Three weeks of a small organisation, in which every kind of person that `explain` is asked about occurs once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loader.stewardship import merged_contacts, overrides

if TYPE_CHECKING:
    from world import World

WHY = "she told us"
ADDRESS = {"address_line_1": "12 Elm St", "city": "Boulder", "state": "CO", "postal_code": "80302", "country": "US"}


def someone(name: str, number: int, **cells: Any) -> dict[str, Any]:
    return {
        "email": f"{name}@example.org",
        "kajabi_id": f"20000000{number:02}",
        "first_name": name.capitalize(),
        "last_name": "Quill",
        **cells,
    }


def live_three_weeks(world: World) -> dict[str, str]:
    """Build everything; the plan of the third week stands. Returns the ids of the contacts by name."""
    world.say_no_duplicates()
    here = {
        "ada": someone("ada", 1),
        "ben": someone(
            "ben", 2, phone="(303) 555-0102", phone_source="zoho", paypal_phone="(303) 555-0177",
            billing_address_source="unknown_legacy", **ADDRESS,
        ),
        "cleo": someone("cleo", 3, phone="(303) 555-0103", city="Lyons"),
        "dan": someone("dan", 4, paypal_email="Dan.Pays@example.org"),
        "eva": {**someone("eva", 5), "kajabi_id": None, "paypal_email": "Eva.Pays@example.org"},
        "fay": someone("fay", 6, deleted_at="2026-01-02T03:04:05Z"),
        "gus": someone("gus", 7),
        "ivy": someone("ivy", 8),
        "jon": someone("jon", 9),
        "kim": someone("kim", 10, phone="(303) 555-0110"),
        "lea": someone("lea", 11, phone="(303) 555-0111", **ADDRESS),
        "mia": {**someone("mia", 12), "source_system": "zoho"},
        "ned": someone("ned", 13),
    }  # fmt: skip
    ids = dict(zip(here, world.add_contacts(*here.values()), strict=True))
    ada, ben, cleo, dan = someone("ada", 1), someone("ben", 2), someone("cleo", 3, city="Lyons"), someone("dan", 4)
    eva, gus, lea = (
        someone("eva.pays", 5, first_name="Eva", phone="(720) 555-0105"),
        someone("gus", 7),
        someone("lea", 11),
    )
    others = [someone("ned", 13), someone("kim", 10, phone="(303) 555-0110")]
    pair = [someone("ivy", 8), someone("jon", 9)]

    # week 1: Kajabi's phones fill the blanks of Ada and Dan
    world.load(
        {**ada, "phone": "(720) 555-0101"}, ben, cleo, {**dan, "phone": "(720) 555-0104"}, eva, gus, lea,
        *others, *pair,
    )  # fmt: skip
    world.apply(world.plan()["fingerprint"])

    # week 2: Ada's phone is new in Kajabi and waits; Dan is gone; a person has said what they know
    with world.connect() as connection:
        merged_contacts.record(connection, "gus.old@example.org", "gus@example.org", because="married")
        merged_contacts.record(connection, "gus.older@example.org", "gus@example.org", because="one person")
        overrides.protect(connection, "lea@example.org", "address", "no letters, please")
    # as it was recorded before the one in between was merged further
    world.run(
        "update kajabi_ledger.merged_contacts set survivor_email = 'gus.old@example.org', "
        "survivor_contact_id = gen_random_uuid() where old_email = 'gus.older@example.org'"
    )
    ada = {**ada, "phone": "(720) 555-0191"}
    lea = {**lea, "phone": "(720) 555-0111"}
    world.load(ada, ben, cleo, eva, gus, lea, *others, *pair)
    world.apply(world.plan()["fingerprint"])

    # week 3: what stands now; somebody has corrected a phone that a run had written
    world.run("update public.contacts set phone = '(303) 555-0105' where email = 'eva@example.org'")
    with world.connect() as connection:
        assert overrides.decide(connection, "lea@example.org", "phone", "ours", WHY) == "recorded"
    world.load(
        {**ada, "city": "Nederland", "first_name": "Adele"},
        {**ben, "phone": "(720) 555-0192", "city": "southampton"},
        {**cleo, "state": "N/A"},
        eva, gus, {**lea, **ADDRESS, "city": "Longmont"}, {**others[0], "kajabi_id": "2999999999"},
        others[1],
        someone("fay", 6, phone="(720) 555-0106"),
        someone("gus.older", 77, first_name="Gus"),
        someone("jon", 8, first_name="Jon"),
        someone("kim.too", 60, first_name="Kim", phone="303 555 0110"),
        someone("mia", 12, phone="(720) 555-0112", city="Lyons"),
        someone("zoe", 90, phone="(720) 555-0190", **{**ADDRESS, "address_line_2": "Boulder"}),
        {"email": "", "kajabi_id": "2000000099", "first_name": "Nobody"},
    )  # fmt: skip
    world.plan()
    return ids
