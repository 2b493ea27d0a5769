"""What the command line itself looks at, before a command begins: nothing of a file or a folder.

click would refuse with its own words and with 2, where the README promises another code, and only to those whom
permission bits bind: root would never see it.
"""

from __future__ import annotations

import click

from loader.cli.main import cli


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
