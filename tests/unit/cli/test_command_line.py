"""What the command line itself looks at, before a command begins: nothing of a file or a folder.

click would refuse with its own words and with 2, where the README promises another code, and only to those whom
permission bits bind: root would never see it.
"""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from loader.cli.main import cli
from loader.cli.options import Chosen, chosen


def test_click_looks_at_no_file() -> None:
    paths = {
        f"{name} {parameter.opts[0]}": parameter.type
        for name, command in cli.commands.items()
        for parameter in command.params
        if isinstance(parameter.type, click.Path)
    }
    assert {"load file", "weekly file", "plan --compare-policy", "decide --from", "export --out"} <= set(paths)
    looks = ("exists", "readable", "writable", "executable")
    assert {what for what, kind in paths.items() if any(getattr(kind, each) for each in looks)} == set()
    assert all(kind.file_okay and kind.dir_okay for kind in paths.values())
    kinds = [parameter.type for command in cli.commands.values() for parameter in command.params]
    assert not [kind for kind in kinds if isinstance(kind, click.File)], "it opens the file"


@pytest.mark.parametrize(
    ("words", "reports"),
    [
        (["--reports", "here", "disconnect"], "here"),
        (["disconnect", "--reports", "here"], "here"),
        (["--reports", "there", "disconnect", "--reports", "here"], "here"),
        (["disconnect"], "named by the variable"),
    ],
    ids=["before", "after", "both", "neither"],
)
def test_an_option_of_every_command_may_stand_before_it_or_after_it(
    monkeypatch: pytest.MonkeyPatch, words: list[str], reports: str
) -> None:
    """What was typed wins over the variable, wherever it was typed."""
    seen: list[Chosen] = []
    monkeypatch.setenv("KAJABI_GUARD_REPORTS", "named by the variable")
    monkeypatch.setattr(
        cli.commands["disconnect"], "callback", lambda: seen.append(chosen(click.get_current_context()))
    )
    assert CliRunner().invoke(cli, ["--practice", *words]).exit_code == 0
    assert [(each.is_practice, str(each.reports)) for each in seen] == [(True, reports)]
