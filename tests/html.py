"""A page as a test reads it: its elements with their text, and what of it a reader sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source"})
UNSEEN = frozenset({"script", "style", "template", "title"})


@dataclass(slots=True)
class Element:
    tag: str
    attributes: dict[str, str]
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What a reader sees of it, with single spaces; no-break spaces stay."""
        return " ".join(part for part in "".join(self.parts).replace("\n", " ").split(" ") if part)

    def get(self, name: str) -> str | None:
        return self.attributes.get(name)


class Page(HTMLParser):
    """The elements of a page in order; fails on an element that is not closed in its place."""

    def __init__(self, source: bytes | str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.passages: list[tuple[str, str]] = []  # what a reader sees, each with its language
        self._open: list[Element] = []
        self._whole = Element("", {})
        self.feed(source.decode() if isinstance(source, bytes) else source)
        self.close()
        assert self._open == []

    @property
    def text(self) -> str:
        return self._whole.text

    def all(self, tag: str, **wanted: str) -> list[Element]:
        """The elements of a tag whose attributes hold these values; `class_` names one class."""
        return [item for item in self.elements if item.tag == tag and _fits(item, wanted)]

    def one(self, tag: str, **wanted: str) -> Element:
        (found,) = self.all(tag, **wanted)
        return found

    def ids(self) -> list[str]:
        return [item.attributes["id"] for item in self.elements if "id" in item.attributes]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.parts.append(data)
        if not any(item.tag in UNSEEN or "hidden" in item.attributes for item in self._open):
            self._whole.parts.append(data)
            spoken = [item.attributes["lang"] for item in self._open if "lang" in item.attributes]
            self.passages.append((spoken[-1] if spoken else "", data))


def _fits(element: Element, wanted: dict[str, Any]) -> bool:
    attributes = element.attributes
    for name, value in wanted.items():
        if name == "class_":
            if value not in attributes.get("class", "").split():
                return False
        elif attributes.get(name.replace("_", "-")) != value:
            return False
    return True
