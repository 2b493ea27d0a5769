"""The columns of a file that a person hands over: who reads the file names them here, and ``--help`` shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Columns:
    """Each column with what stands in it. Without a required one the file is refused; nothing else of it is read."""

    required: Mapping[str, str]
    optional: Mapping[str, str] = field(default_factory=dict)
    about: str = "A CSV file as a spreadsheet saves it. The first row names the columns, in any order."

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, the required ones first."""
        return (*self.required, *self.optional)
