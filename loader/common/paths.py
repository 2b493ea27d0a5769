"""Where things lie: the project, the settings, the tool's own state, and the reports.

One rule finds the project in a checkout and in ``site-packages``: ``dbt_project.yml`` lies in the folder that
``loader`` lies in. A checkout keeps everything beside itself; an installed tool uses the user's own folders, because
nobody may write into ``site-packages``, and a connection with a password has no business there.
"""

from __future__ import annotations

from pathlib import Path

import platformdirs

NAME = "kajabi-guard"
PROJECT = Path(__file__).resolve().parents[2]
"""The folder with the models, macros, seeds and data tests."""
IS_CHECKOUT = (PROJECT / "pyproject.toml").exists()
"""Whether this is a checkout; else the tool was installed."""
STATE = PROJECT / ".kajabi-guard" if IS_CHECKOUT else platformdirs.user_state_path(NAME, appauthor=False)
"""The practice server with its databases, what dbt leaves, the files of the demo."""
CONFIG = STATE if IS_CHECKOUT else platformdirs.user_config_path(NAME, appauthor=False)
"""What a person has set: the connection, which practice database is used, the site's own policies and limits."""
REPORTS = PROJECT / "reports" if IS_CHECKOUT else platformdirs.user_documents_path() / f"{NAME} reports"
"""The reports, unless ``--reports`` or KAJABI_GUARD_REPORTS names another folder."""


def shown(path: Path) -> str:
    """A path as it can be typed where the person stands: relative where it lies below, else whole."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
