"""Where the project lies, and where the tool keeps its own state and the reports."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
STATE = PROJECT / ".kajabi-guard"
REPORTS = PROJECT / "reports"
