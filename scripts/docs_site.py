"""The documentation of the dbt project as one page: every model, column, test and reader, and how they hang together.

It is made from the project and an empty practice database, so it holds the shape of things and nobody's data.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from loader.common.errors import KajabiGuardError
from loader.common.paths import PROJECT, STATE
from loader.database import disposable
from loader.database.connection import connect, pointed_at
from loader.database.embedded.server import running
from loader.demo.story import fill_contacts
from loader.demo.synthetic.shape import Organisation
from loader.merge.dbt import NO_TELEMETRY, make_folders, run_dbt

if TYPE_CHECKING:
    from collections.abc import Iterator

SITE = STATE / "docs"
# the page may run what is in it and reach nothing else: no font, no counter, no other server
POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline' "
    "'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; font-src data:; connect-src 'none'; base-uri 'none'\">"
)


def make_site(state: Path = STATE, site: Path = SITE) -> Path:
    """Build every model in an empty database of its own on the practice server and describe them.

    Returns the page, ``index.html`` in ``site``, readable by its owner only. Raises KajabiGuardError when dbt fails.
    """
    with running(state / "practice") as server, _empty_database(server.settings):
        run = run_dbt(["build", "--exclude-resource-type", "unit_test", "test"], state=state)
        if run.failed or not run.done:
            raise KajabiGuardError(
                f"The documentation was not made, because {', '.join(run.failed[:5]) or 'no model'} could not be built "
                "in an empty database. dbt's own words: `./kajabi-guard with-database dbt build`."
            )
        return describe(state, site)


def describe(state: Path, site: Path) -> Path:
    """Write the page about the models of the database in the PG* variables; returns it.

    Raises KajabiGuardError when dbt cannot: the page that was there stays.
    """
    os.environ.update(NO_TELEMETRY)
    from dbt.cli.main import dbtRunner  # noqa: PLC0415  # costs a second

    folder = make_folders(state)
    built = folder / "docs"
    places = [
        *("--project-dir", str(PROJECT), "--profiles-dir", str(folder)),
        *("--target-path", str(built), "--log-path", str(folder / "logs")),
    ]
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "none", "--no-use-colors"]
    before = os.umask(0o077)
    try:
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
            outcome = dbtRunner().invoke(["docs", "generate", "--static", *quiet, *places])
        if not outcome.success:
            raise KajabiGuardError(
                "dbt could not describe its models, so the documentation was not made; an earlier one is as it was. "
                "dbt's own words: `./kajabi-guard with-database dbt docs generate`."
            )
        site.mkdir(mode=0o700, parents=True, exist_ok=True)
        site.chmod(0o700)
        page, temporary = site / "index.html", site / "index.part"
        text = (built / "static_index.html").read_text(encoding="utf-8")
        temporary.write_text(re.sub(r"(<head[^>]*>)", lambda head: head[1] + POLICY, text, count=1), encoding="utf-8")
        temporary.chmod(0o600)
        temporary.replace(page)
    finally:
        os.umask(before)
        shutil.rmtree(built, ignore_errors=True)
    return page


@contextmanager
def _empty_database(server: dict[str, str]) -> Iterator[None]:
    """A database with the tables of an organisation without people, dropped afterwards."""
    name = f"kajabi_guard_docs_{uuid4().hex[:8]}"
    try:
        target = disposable.create(server, name)
        with pointed_at(target):
            with connect(target, "kajabi-guard docs") as connection:
                fill_contacts(connection, Organisation([], [], [], []))
            yield
    finally:
        disposable.drop(server, name)
