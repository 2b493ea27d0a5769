"""The invented people that are measured: the synthetic organisation at the handoff's size, plain pairs at any other."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING
from unittest import mock

import psycopg
from psycopg import sql

from loader.database import disposable
from loader.database.connection import Target, connect, pointed_at
from loader.database.embedded import server as embedded
from loader.demo.story import fill_contacts
from loader.demo.synthetic.organisation import make_organisation, write_export, write_pairs
from loader.demo.synthetic.people import EXPORT_DAY, FIRST_DAY, LAST_NAMES, People
from loader.demo.synthetic.shape import (
    CONTACTS,
    Organisation,
    add_ids,
    new_pair,
    number_rows,
    set_address,
    set_name,
    text,
)
from loader.stewardship import merged_contacts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST_ID = 2_100_000_000
SHARE_CHANGED = 50  # every 50th contact: 2 %
CLOSED = ("listen_addresses", "unix_socket_permissions", "port")  # the server stays nobody else's


def invent(count: int, seed: int) -> Organisation:
    """Make ``count`` contacts that Kajabi has as well, all with an address; every 50th differs.

    Half of those are blank here and known to Kajabi, half have another value there.
    """
    people = People(Random(seed))  # noqa: S311  # invented people are drawn from a seed
    pairs = []
    for number in range(count):
        pair = new_pair(people, people.person())
        set_address(pair, people.address())
        if number % SHARE_CHANGED == 0:
            contact, row = pair
            if number % (2 * SHARE_CHANGED) == 0:
                contact["country"] = None
            else:
                set_name(row, text(contact, "first_name"), people.another(LAST_NAMES, text(contact, "last_name")))
        pairs.append(pair)
    number_rows(people, [row for _, row in pairs], FIRST_ID, FIRST_DAY, EXPORT_DAY - timedelta(days=1))
    add_ids(people, pairs)
    return Organisation([contact for contact, _ in pairs], [row for _, row in pairs], [], [])


@contextmanager
def server_with_defaults(folder: Path) -> Iterator[dict[str, str]]:
    """Run a server with PostgreSQL's own settings, not the practice server's; yields its PG* variables."""
    closed = {name: embedded.SETTINGS[name] for name in CLOSED}
    with mock.patch.object(embedded, "SETTINGS", closed), embedded.running(folder) as server:
        yield server.settings


def make_template(server: dict[str, str], name: str, contacts: int, seed: int, export: Path) -> int:
    """Make the database that every run gets a copy of, and the ``export`` file; returns how many rows that has."""
    organisation = make_organisation(seed) if contacts == CONTACTS else invent(contacts, seed)
    write_export(organisation.export_rows, export)
    disposable.drop(server, name)
    target = disposable.create(server, name)
    with pointed_at(target), connect(target, "kajabi-guard bench") as connection:
        fill_contacts(connection, organisation)
        if organisation.merged_away:
            pairs = export.with_suffix(".merged.csv")
            write_pairs(organisation.merged_away, pairs)
            merged_contacts.record_file(connection, pairs)
        connection.execute("create schema bench")
        connection.execute("vacuum (analyze)")
    return len(organisation.export_rows)


@contextmanager
def fresh_copy(server: dict[str, str], template: str, name: str) -> Iterator[Target]:
    """A copy of the template, dropped afterwards. Always of the same name: dbt parses again for another one."""
    disposable.drop(server, name)
    with pointed_at(Target(server)), psycopg.connect("", autocommit=True) as admin:
        copy = sql.SQL("create database {} template {} strategy file_copy")
        admin.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield Target({**server, "PGDATABASE": name})
    finally:
        disposable.drop(server, name)
