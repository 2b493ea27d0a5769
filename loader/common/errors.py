"""Every refusal this tool can give, each with the exit code that the README promises.

    KajabiGuardError        1   the command could not do its work
    ├── NotConnected        1   no database is known, or it cannot be reached
    ├── Busy                1   another run holds the lock
    ├── Unprepared          1   the database lacks something: a table, a privilege, a version
    ├── Usage               2   the command line asks for something that cannot be
    ├── RefusedByGuard      3   a guard is red, or the verdict is not complete
    ├── ExportRejected      4   the file is not a Kajabi contacts export that can be trusted
    └── StalePlan           5   the plan is not the one that was read, or the contacts moved since

A message is one clear paragraph: what happened, where (file, record, column or cell), why it matters, how to go on.
It names columns and record numbers and never carries a value of a person's data, because messages end in logs.
"""

from __future__ import annotations


class KajabiGuardError(Exception):
    """The command could not do its work. ``exit_code`` is what the process returns."""

    exit_code = 1


class NotConnected(KajabiGuardError):
    """No database is known, or the one that is known cannot be reached."""


class Busy(KajabiGuardError):
    """Another load, plan, apply or undo holds the run lock."""


class Unprepared(KajabiGuardError):
    """The database lacks something that the command needs: a version, a table, a column, a privilege."""


class Usage(KajabiGuardError):
    """The command line asks for something that cannot be done, such as ``apply`` without a fingerprint."""

    exit_code = 2


class RefusedByGuard(KajabiGuardError):
    """A guard is red, or the verdict does not hold one row for every guard: nothing is written."""

    exit_code = 3


class ExportRejected(KajabiGuardError):
    """The file is not a Kajabi contacts export that can be loaded whole and exactly."""

    exit_code = 4


class StalePlan(KajabiGuardError):
    """The plan is not the one that was read, or something that it was made from has changed since."""

    exit_code = 5
