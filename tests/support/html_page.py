"""A page as a test reads it: its tags in order, its figures, its values; and that every tag is closed."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

VOID = {"meta", "input", "br", "hr", "img", "link", "wbr"}
# an owner's label is somebody's word, and stands in this attribute
TOLD = "data-figure"


class HtmlPage(HTMLParser):
    """``tags``: every tag with its attributes; ``figures``: numbers by name; ``values``: what stands in <bdi>."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.figures: dict[str, str] = {}
        self.values: list[str] = []
        self.codes: list[str] = []
        self.ids: list[str] = []
        self.headings: list[int] = []
        self._open: list[tuple[str, str | None]] = []
        self._texts: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self._open == [], f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.append((tag, tuple((name, None if name == TOLD else value) for name, value in attrs)))
        if "id" in named:
            self.ids.append(str(named["id"]))
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):  # type: ignore[union-attr]
            self._open.append((tag, named.get(TOLD)))
            self._texts.append("")

    def handle_endtag(self, tag: str) -> None:
        (opened, figure), text = self._open.pop(), self._texts.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"
        if self._texts:
            self._texts[-1] += text
        if figure is not None:
            assert self.figures.setdefault(figure, text) == text, f"{figure} is told in two ways"
        if tag == "bdi":
            self.values.append(text)
        if tag == "code":
            self.codes.append(text)
        if tag == "main":
            self.words = " ".join(text.split())

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        if self._texts:
            self._texts[-1] += data

    def numbers(self) -> dict[str, int]:
        """Every figure as a number."""
        return {name: int(text.replace(",", "")) for name, text in self.figures.items()}
