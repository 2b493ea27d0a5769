"""The dbt project documents itself: everything in the manifest is described, and every reader is an exposure.

dbt parses the project here; no database is needed. The columns that a database really has are compared in
``tests/integration/merge/test_dbt_site.py``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml  # type: ignore[import-untyped]

from loader.cli.main import cli
from loader.database.statements import files
from loader.merge.dbt import make_folders
from loader.merge.guards import expected_guards

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[3]
YAML_FILES = sorted(
    file for folder in ("models", "seeds", "macros", "tests/data") for file in (PROJECT / folder).rglob("*.yml")
)
STATEMENTS = sorted(files().values())
EXPOSURES = PROJECT / "models" / "_exposures.yml"

# the keys that we use at each place of a YAML file; a misspelt one would be dropped without a word
COLUMN = {"name", "description", "data_tests", "data_type", "constraints"}
KEYS = {
    "models": {"name", "description", "columns", "data_tests", "config"},
    "seeds": {"name", "description", "columns", "data_tests", "config"},
    "sources": {"name", "description", "schema", "tables"},
    "tables": {"name", "description", "columns", "data_tests", "identifier"},
    "columns": COLUMN,
    "constraints": {"type", "name", "expression"},
    "data_tests": {"name", "description", "config"},
    "macros": {"name", "description", "arguments"},
    "arguments": {"name", "description", "type"},
    "unit_tests": {"name", "description", "model", "given", "expect", "overrides", "config"},
    "given": {"input", "format", "rows"},
    "expect": {"format", "rows"},
    "overrides": {"vars"},
    "exposures": {"name", "label", "type", "maturity", "description", "owner", "config", "depends_on"},
    "owner": {"name", "email"},
    "meta": {"commands", "statements"},
}
GENERIC_TEST = {"description", "arguments", "config"}
TOP = {"version", "models", "seeds", "sources", "macros", "data_tests", "unit_tests", "exposures"}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from dbt.cli.main import dbtRunner  # noqa: PLC0415  # costs a second

    folder = make_folders(tmp_path_factory.mktemp("parse"))
    places = ["--project-dir", str(PROJECT), "--profiles-dir", str(folder), "--target-path", str(folder / "target")]
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "none", "--log-path", str(folder), "--no-write-json"]
    with pytest.MonkeyPatch.context() as patch:
        for name in ("PGHOST", "PGUSER", "PGDATABASE"):
            patch.setenv(name, "nowhere")
        outcome = dbtRunner().invoke(["parse", "--warn-error", *quiet, *places])
    assert outcome.success, outcome.exception
    return outcome.result


def own_macros(manifest: Any) -> list[Any]:
    return [macro for macro in manifest.macros.values() if macro.package_name == "kajabi_guard"]


def of_type(manifest: Any, *kinds: str) -> list[Any]:
    everything = [*manifest.nodes.values(), *manifest.sources.values(), *manifest.exposures.values()]
    return [node for node in everything if node.resource_type in kinds]


def test_everything_is_described(manifest: Any) -> None:
    mute = [node.unique_id for node in of_type(manifest, "model", "seed", "source", "test", "exposure")
            if not node.description.strip()]  # fmt: skip
    mute += [source.source_name for source in manifest.sources.values() if not source.source_description.strip()]
    mute += [test.unique_id for test in manifest.unit_tests.values() if not test.description.strip()]
    for macro in manifest.macros.values():
        if macro.package_name == "kajabi_guard":
            mute += [macro.unique_id] if not macro.description.strip() else []
            mute += [f"{macro.name}({argument.name})" for argument in macro.arguments if not argument.description]
    assert mute == [], (
        "Describe each: a model in the YAML file beside it, a singular test in the YAML file of its folder, a "
        "generic test as `description: \"{{ doc('test_guard') }}\"` under its name "
        "(models/docs.md has one block per kind)."
    )


def test_every_column_that_the_project_names_is_described(manifest: Any) -> None:
    nodes = of_type(manifest, "model", "seed", "source")
    mute = [f"{node.name}.{column.name}" for node in nodes for column in node.columns.values()
            if not column.description.strip()]  # fmt: skip
    assert mute == [], "Add a description, or a doc block of models/docs.md where several models share the meaning."
    assert [node.name for node in nodes if not node.columns] == []


def test_a_description_says_its_grain_first(manifest: Any) -> None:
    nodes = of_type(manifest, "model", "seed", "source")
    vague = [node.name for node in nodes if not node.description.startswith("One row")]
    assert vague == [], "Begin the description with its grain: `One row per ...`."


def test_no_description_is_pasted(manifest: Any) -> None:
    """One text on two models, or on two columns of different names, was copied and will rot in one of the places."""
    on_nodes, on_columns = defaultdict(set), defaultdict(set)
    for node in of_type(manifest, "model", "seed", "source", "exposure"):
        on_nodes[node.description.strip()].add(node.name)
        for column in getattr(node, "columns", {}).values():
            if not column.doc_blocks:
                on_columns[column.description.strip()].add(column.name)
    for test in manifest.unit_tests.values():
        on_nodes[test.description.strip()].add(test.name)
    pasted = [sorted(names) for texts in (on_nodes, on_columns) for names in texts.values() if len(names) > 1]
    assert pasted == [], "Say what is particular to each, or put a shared meaning into models/docs.md as a doc block."


def test_every_guard_has_a_unit_test_in_which_it_is_red(manifest: Any) -> None:
    red = {test.model for test in manifest.unit_tests.values() if test.expect.rows}
    assert set(expected_guards()) <= red


def test_every_doc_block_is_used() -> None:
    used = {name for file in YAML_FILES for name in re.findall(r"doc\('(\w+)'\)", file.read_text(encoding="utf-8"))}
    blocks = re.findall(r"{% docs (\w+) %}", (PROJECT / "models" / "docs.md").read_text(encoding="utf-8"))
    assert sorted(used) == sorted(blocks), (
        "A block that nothing refers to, one that is missing, or one that is there twice."
    )


def test_an_invariant_is_described_by_what_stands_at_its_head(manifest: Any) -> None:
    """Of a singular test, or of a macro that one of them asks."""
    singular = [node for node in of_type(manifest, "test") if Path(node.original_file_path).suffix == ".sql"]
    invariants = [macro for macro in own_macros(manifest) if macro.original_file_path.startswith("macros/invariants/")]
    assert len(singular) >= 3
    assert len(invariants) >= 19
    for node in (*singular, *invariants):
        text = (PROJECT / node.original_file_path).read_text(encoding="utf-8")
        head = re.findall(
            r"^(?:-- |{# |   (?=\S))(.*?)(?: #})?$", re.split(r"\n(?:with|{% macro)", text)[0], flags=re.MULTILINE
        )
        invariant = " ".join(head).removeprefix("Invariant: ").partition(" It guards ")[0]
        assert " ".join(node.description.split()) == invariant[0].upper() + invariant[1:], (
            f"{node.name}: copy the invariant from the head of the file into the YAML file of its folder."
        )


def test_every_invariant_is_asked(manifest: Any) -> None:
    invariants = {macro.name for macro in own_macros(manifest) if "macros/invariants/" in macro.original_file_path}
    asked = [
        name for node in of_type(manifest, "test") for name in re.findall(r"broken\('(\w+)', \1\(\)\)", node.raw_code)
    ]
    assert sorted(asked) == sorted(invariants)


def unknown_keys(value: Any, place: str, where: str) -> Iterator[str]:
    """Every key below ``value`` that we do not use at such a place; rows and arguments of tests are free."""
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            continue
        generic = place == "data_tests" and "name" not in item
        for key, below in item.items():
            if generic:
                yield from (f"{where}.{key}.{other}" for other in set(below or {}) - GENERIC_TEST)
                continue
            if key not in KEYS[place]:
                yield f"{where}.{key}"
            elif key in KEYS and key not in {"rows", "vars"}:
                yield from unknown_keys(below, key, f"{where}[{item.get('name', '')}].{key}")
            elif key == "config" and isinstance(below, dict):
                yield from unknown_keys(below.get("meta", {}), "meta", f"{where}[{item.get('name', '')}].meta")


@pytest.mark.parametrize("file", YAML_FILES, ids=lambda file: file.name)
def test_no_yaml_file_has_a_key_that_nobody_reads(file: Path) -> None:
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    unknown = [key for key in document if key not in TOP]
    for key in set(document) & set(KEYS):
        unknown += unknown_keys(document[key], key, key)
    assert unknown == [], (
        "Misspelt, or new: dbt drops such a key without a word. A key that is meant belongs into KEYS."
    )


def test_a_misspelt_key_is_found() -> None:
    model = {
        "name": "a",
        "descrpition": "b",
        "columns": [{"name": "c", "tests": []}],
        "data_tests": [{"unique": {"arg": 1}}],
    }
    found = set(unknown_keys([model], "models", "models"))
    assert found == {"models.descrpition", "models[a].columns.tests", "models[a].data_tests.unique.arg"}


def relations_read(statement: str) -> set[str]:
    """The relations of kajabi_guard that a statement reads; what it drops it does not read."""
    text = files()[statement].read_text(encoding="utf-8")
    read = re.findall(r"(?<!exists )\bkajabi_guard\.(\w+)", re.sub(r"--.*", "", text))
    return set(read) - {"previous_merge_plan"}  # `plan` makes this copy itself, dbt does not know it


def exposures() -> dict[str, dict[str, Any]]:
    listed = yaml.safe_load(EXPOSURES.read_text(encoding="utf-8"))["exposures"]
    return {exposure["name"]: exposure for exposure in listed}


def test_every_relation_that_the_loader_reads_is_in_an_exposure() -> None:
    named = {name for exposure in exposures().values() for name in exposure["config"]["meta"]["statements"]}
    for file in STATEMENTS:
        relations = relations_read(file.stem)
        assert not relations or file.stem in named, (
            f"{file.relative_to(PROJECT)} reads {', '.join(sorted(relations))}, and no exposure says so. "
            f"In models/_exposures.yml, add `{file.stem}` to config.meta.statements of what shows or writes it, "
            "and the relations to its depends_on."
        )
    assert named <= {file.stem for file in STATEMENTS}, "An exposure names a statement that is not there."


@pytest.mark.parametrize("name", sorted(exposures()))
def test_an_exposure_depends_on_exactly_what_its_statements_read(name: str, manifest: Any) -> None:
    (exposure,) = [each for each in manifest.exposures.values() if each.name == name]
    listed = exposures()[name]["config"]["meta"]
    read = {relation for statement in listed["statements"] for relation in relations_read(statement)}
    depends = {unique_id.rpartition(".")[2] for unique_id in exposure.depends_on.nodes}
    assert depends == read, (
        f"models/_exposures.yml, {name}: add ref() for {sorted(read - depends)}; take away {sorted(depends - read)}."
    )
    assert exposure.owner.email.endswith("@example.org"), "a role, not a person"
    there = set(listed["commands"]) & set(cli.commands)
    assert bool(read) == bool(there), (
        f"models/_exposures.yml, {name}: {sorted(there)} is a command now, so name in config.meta.statements the "
        "files of statements with which it reads, and the relations under depends_on."
    )


def test_every_grain_is_enforced_where_the_table_is_built(manifest: Any) -> None:
    """By a unique index; where the key may be null, or for a view or a seed, by a guard or by the faults of files."""
    asking = {"guard_broken_keys", "file_faults"}
    asked = {
        name for node in of_type(manifest, "model", "test") if node.name in asking for name in node.depends_on.nodes
    }
    loose = []
    for node in of_type(manifest, "model", "seed"):
        indexed = any(index["unique"] for index in node.config.get("indexes") or [])
        # a view of a table of the ledger has the key of the table
        is_view_of_table = node.config.materialized == "view" and not node.depends_on.nodes[1:]
        # the healthy state of a guard, or of the faults of files, is no row at all
        is_finder = node.fqn[1] == "guard" or node.name in asking
        if not indexed and node.unique_id not in asked and not is_finder and not is_view_of_table:
            loose.append(node.name)
    assert loose == [], "Give the table a unique index in its `config`; a view or a seed, a line in guard_broken_keys."


def test_every_stage_has_a_colour_of_its_own(manifest: Any) -> None:
    colours = defaultdict(set)
    for model in of_type(manifest, "model"):
        colours[model.fqn[1]].add(model.docs.node_color)
    plain = [stage for stage, found in colours.items() if found == {None}]
    assert plain == [], "Give the folder `+docs: {node_color: ...}` in dbt_project.yml: the lineage reads by colour."
    assert all(len(found) == 1 for found in colours.values())
    assert len({colour for found in colours.values() for colour in found}) == len(colours)
