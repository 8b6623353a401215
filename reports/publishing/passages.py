"""A document's prose as single texts, each with its place, and the document with others there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reports.document import (
    CITATION,
    REFERENCE,
    Block,
    Callout,
    Document,
    ListBlock,
    Paragraph,
    Section,
    citations,
    cited_sources,
    references,
    texts_of,
)
from reports.facts import FactSheet

PROSE = (Paragraph, ListBlock, Callout)


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of a section: a paragraph, an item of a list, a callout's title or its text."""

    place: str
    heading: str
    text: str


def passages(document: Document) -> Iterator[Passage]:
    """Tables, charts, scenarios and sources are no prose: code makes them from the facts."""
    for number, section in enumerate(document.sections):
        for at, block in enumerate(section.blocks):
            if isinstance(block, PROSE):
                for item, text in enumerate(texts_of([block])):
                    yield Passage(f"{number}-{at}-{item}", section.title, text)


def replaced(document: Document, texts: Mapping[str, str]) -> Document:
    """The document with these texts by place; what is empty goes, with a block or section of it."""
    sections = [
        _section(section, number, texts) for number, section in enumerate(document.sections)
    ]
    return replace(document, sections=tuple(section for section in sections if section.blocks))


def unknown(text: str, document: Document, sheet: FactSheet) -> list[str]:
    """What a text names or cites that the report does not have, and braces that name nothing."""
    sources = cited_sources(document)
    found = [str(item) for item in references(text) if item.key not in sheet.facts]
    found += [f"[[{name}]]" for name in citations(text) if name not in sources]
    rest = CITATION.sub("", REFERENCE.sub("", text))
    return found + [mark for mark in ("{{", "}}", "[[", "]]") if mark in rest]


def _section(section: Section, number: int, texts: Mapping[str, str]) -> Section:
    blocks: list[Block] = []
    for at, block in enumerate(section.blocks):
        old = texts_of([block]) if isinstance(block, PROSE) else []
        new = [texts.get(f"{number}-{at}-{item}", text) for item, text in enumerate(old)]
        if (kept := _block(block, new)) is not None:
            blocks.append(kept)
    return replace(section, blocks=tuple(blocks))


def _block(block: Block, texts: Sequence[str]) -> Block | None:
    match block:
        case Paragraph():
            return Paragraph(texts[0]) if texts[0] else None
        case ListBlock():
            items = tuple(text for text in texts if text)
            return ListBlock(items) if items else None
        case Callout():
            title, text = texts
            if title and text:
                return Callout(title, text)
            return Paragraph(title or text) if title or text else None
        case _:
            return block
