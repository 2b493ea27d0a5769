"""What a site has set for itself, in its settings folder: policies, sources and limits of its own.

``field_policies.csv`` and ``source_priorities.csv`` there stand in for the seeds of the same name, and ``limits.yml``
for some of the ``vars`` of dbt_project.yml; what is not there is the project's. So nobody has to edit the project,
which an upgrade replaces and which lies in ``site-packages`` where the tool was installed. A file that cannot be meant
is refused whole, before anything is done with it.
"""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING, Any

from .errors import Usage
from .paths import CONFIG, PROJECT, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Rows = list[dict[str, str]]
    Faults = Iterator[tuple[str, str]]  # what is wrong, and the remedy

OWN_SEEDS = ("field_policies", "source_priorities")
LIMITS = "limits.yml"
POLICIES = ("fill_blank", "follow_kajabi", "never")
CLASSES = ("own", "named", "legacy")
YES_OR_NO = ("true", "false")
FOR_PEOPLE = {"evidence"}  # a copy of the seed that is older than this column decides the same
NOTHING = "Nothing was done."


def seed_file(name: str, config: Path = CONFIG) -> Path:
    """Return the file of a seed that is in force: the site's own, where it may have one and has, else the project's."""
    own = config / f"{name}.csv"
    return own if name in OWN_SEEDS and own.exists() else PROJECT / "seeds" / f"{name}.csv"


def own_files(config: Path = CONFIG) -> list[Path]:
    """Return the site's own files, as far as there are any."""
    files = [config / f"{name}.csv" for name in OWN_SEEDS] + [config / LIMITS]
    return [file for file in files if file.exists()]


def check_own_files(config: Path = CONFIG) -> None:
    """Raise Usage, naming file and fault, unless each of the site's own files can be meant."""
    for file in own_files(config):
        if file.name == LIMITS:
            own_limits(config)
        elif file.stem == "field_policies":
            check_policies(file)
        else:
            check_sources(file)


def check_policies(file: Path, nothing: str = NOTHING) -> None:
    """Raise Usage unless the file has our columns and fields, known policies, and one for the whole address.

    ``nothing`` is the sentence that says what was not done.
    """
    _check(file, "field_policies", _faults_of_policies, nothing)


def check_sources(file: Path) -> None:
    """Raise Usage unless the file has our columns, each source once, known classes, and numbers where they belong."""
    _check(file, "source_priorities", _faults_of_sources, NOTHING)


def _check(file: Path, seed: str, faults: Callable[[Rows, Rows], Faults], nothing: str) -> None:
    """Raise Usage for the first fault that is found against the project's seed; each row says why it is so."""
    ours, given = _rows(PROJECT / "seeds" / f"{seed}.csv", nothing), _rows(file, nothing)
    key, *_ = ours[0]

    def found() -> Faults:
        theirs = set(given[0] if given else ())
        missing = [name for name in ours[0] if name not in theirs | FOR_PEOPLE]
        if missing or theirs - set(ours[0]):
            lacks = f". It lacks {', '.join(missing)}" if missing else ""
            yield f"does not have the columns of seeds/{seed}.csv{lacks}", "Copy that file first and change the copy."
        yield from faults(ours, given)
        mute = [row[key] for row in given if not row["why"].strip()]
        if mute:
            yield f"does not say why for {', '.join(mute)}", "Next year somebody will ask."

    for fault, remedy in found():
        raise _refused(file, fault, remedy, nothing)


def _faults_of_policies(ours: Rows, given: Rows) -> Faults:
    if sorted(row["field"] for row in given) != sorted(row["field"] for row in ours):
        remedy = "Copy that file first and change the policies in the copy."
        yield "does not have each field of seeds/field_policies.csv once", remedy
    if any(row["policy"] not in POLICIES for row in given):
        yield f"has an unknown policy: each must be one of {', '.join(POLICIES)}", ""
    columns = ("position", "is_address")
    fixed = {row["field"]: [row[name] for name in columns] for row in ours}
    if any([row[name].lower() for name in columns] != fixed[row["field"]] for row in given):
        remedy = "Only the policy and its why are yours to change; take the others from that file."
        yield "differs from seeds/field_policies.csv in position or is_address", remedy
    if len({row["policy"] for row in given if row["is_address"].lower() == "true"}) != 1:
        yield "gives the six address fields different policies; an address is one unit", ""


def _faults_of_sources(_ours: Rows, given: Rows) -> Faults:
    sources = [row["source"] for row in given]
    # the models compare with labels in lower case, without white space around them
    if len(set(sources)) != len(sources) or any(source != source.strip().lower() or not source for source in sources):
        remedy = "Write each label once, in lower case."
        yield "has a source twice, a blank one, or one with capitals or white space around it", remedy
    for column, allowed in (("provenance_class", CLASSES), ("is_prefix", YES_OR_NO)):
        if any(row[column].lower() not in allowed for row in given):
            yield f"has an unknown {column}: each must be one of {', '.join(allowed)}", ""
    if any(not row["priority"].isdecimal() for row in given):
        yield "has a priority that is no whole number", ""


def known_sources(config: Path = CONFIG) -> list[dict[str, str]]:
    """Return the rows of the ``source_priorities`` in force. Raises Usage for a file of the site's with a mistake."""
    file = seed_file("source_priorities", config)
    check_sources(file)
    return _rows(file, NOTHING)


def own_limits(config: Path = CONFIG) -> dict[str, int | float]:
    """Return the limits of the site's ``limits.yml`` by name; none without such a file.

    Raises Usage where it cannot be read, names a limit that there is not, or gives one that is no number.
    """
    file = config / LIMITS
    if not file.exists():
        return {}
    import yaml  # type: ignore[import-untyped]  # noqa: PLC0415  # most sites have no such file

    known = dbt_project()["vars"]
    try:
        limits = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        limits = None
    if not isinstance(limits, dict) or not limits:
        remedy = "Write one a line, as under `vars` in dbt_project.yml: `volume_limit_percent: 25`."
        raise _refused(file, "is not a list of limits", remedy)
    unknown = [str(name) for name in limits if name not in known]
    if unknown:
        raise _refused(file, f"names unknown limits: {', '.join(unknown)}", f"The limits are {', '.join(known)}.")
    wrong = [name for name, value in limits.items() if not _is_limit(value)]
    if wrong:
        raise _refused(file, f"needs a number of 0 or more for {', '.join(wrong)}", "Write digits only.")
    return dict(limits)


def dbt_project(folder: Path = PROJECT) -> dict[str, Any]:
    """Return what the dbt_project.yml in ``folder`` says; left out, the project's own."""
    import yaml  # noqa: PLC0415  # see above

    project: dict[str, Any] = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))
    return project


def _is_limit(value: object) -> bool:
    """Whether this is a finite number from 0 on; to Python, true is a number as well."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def _refused(file: Path, fault: str, remedy: str, nothing: str = NOTHING) -> Usage:
    """A file of the settings folder by its whole path, because nobody typed it; one that was typed by its name."""
    named = shown(file) if file.parent == CONFIG else file.name
    return Usage(f"{named} {fault}. {nothing} {remedy}".rstrip())


def _rows(file: Path, nothing: str) -> Rows:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines, strict=True))
    except OSError as error:
        raise _refused(file, f"cannot be read ({error.strerror})", "Check path and rights.", nothing) from None
    except (UnicodeDecodeError, csv.Error):
        raise _refused(file, "cannot be read as a CSV file in UTF-8", "Save it as 'CSV UTF-8'.", nothing) from None
    if any(None in row or None in row.values() for row in rows):
        raise _refused(file, "has a row with more or fewer cells than its first line", "", nothing)
    return rows
