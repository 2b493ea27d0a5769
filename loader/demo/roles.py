"""Who does what in the demo: on the practice server each step is a login role's that may do that step and no more.

On another server the role that connects tells all of it, as on a site where one person does everything: roles belong to
all databases of a server, and the demo may leave nothing there.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

from ..database.connection import Target, connect, pointed_at
from ..database.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..database.connection import Connection

# the owner must be able to give the schema of the models to the planner's group
GROUP_OF = {
    "owner": "kajabi_guard_planner", "loader": "kajabi_guard_loader", "planner": "kajabi_guard_planner",
    "applier": "kajabi_guard_applier",
}  # fmt: skip


@dataclass(frozen=True)
class Cast:
    """The target of each task: the same database, another login role."""

    targets: Mapping[str, Target]

    @property
    def is_divided(self) -> bool:
        """Whether each task has a role of its own."""
        return len({target.settings.get("PGUSER") for target in self.targets.values()}) > 1

    def name(self, task: str) -> str:
        """The role that does this task."""
        return self.targets[task].settings.get("PGUSER", "?")

    @contextmanager
    def working_as(self, task: str) -> Iterator[tuple[Connection, Target]]:
        """Do something as this task's role: every connection of the block is its own, dbt's as well."""
        target = self.targets[task]
        with pointed_at(target), connect(target, f"kajabi-guard demo {task}") as connection:
            yield connection, target


def one_for_all(target: Target) -> Cast:
    """The role that connects does every task."""
    return Cast(dict.fromkeys(GROUP_OF, target))


def divided(target: Target) -> Cast:
    """Make the login roles, with passwords that nobody keeps; the demo's database then belongs to the owner among them.

    ``target`` is that database on the practice server, as its administrator, who does nothing else in the demo.
    """
    logins = {task: f"kajabi_guard_demo_{task}" for task in GROUP_OF}
    passwords = {task: secrets.token_urlsafe(24) for task in GROUP_OF}
    with pointed_at(target), connect(target, "kajabi-guard demo") as admin, admin.transaction():
        present = {row["role_name"] for row in admin.execute(statement("all_roles"))}
        for group in sorted(set(GROUP_OF.values()) - present):
            admin.execute(sql.SQL("create role {} nologin").format(sql.Identifier(group)))
        for task, login in logins.items():
            role = sql.Identifier(login)
            if login not in present:
                admin.execute(sql.SQL("create role {}").format(role))
            # said again each time: nothing that a role was given in between makes the story easier
            rights = "alter role {} login nosuperuser nocreaterole nocreatedb nobypassrls inherit password {}"
            admin.execute(sql.SQL(rights).format(role, sql.Literal(passwords[task])))
            admin.execute(sql.SQL("grant {} to {}").format(sql.Identifier(GROUP_OF[task]), role))
        database = sql.Identifier(target.settings["PGDATABASE"])
        admin.execute(sql.SQL("alter database {} owner to {}").format(database, sql.Identifier(logins["owner"])))
    return Cast({
        task: Target({**target.settings, "PGUSER": login, "PGPASSWORD": passwords[task]}, target.is_practice)
        for task, login in logins.items()
    })  # fmt: skip
