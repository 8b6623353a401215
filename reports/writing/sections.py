"""The places in our skeleton that a model fills, what it may answer, and the whole put together.

Tables, charts, chances and the sections of numbers are the skeleton's own, made by code from the
facts. A model gives prose for a section, or the headline; it never decides where anything stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reports import document
from reports.document import (
    Block,
    Callout,
    Document,
    DocumentError,
    ListBlock,
    Paragraph,
    Section,
    Source,
    Sources,
    block_schema,
    object_schema,
    references,
)
from reports.writing.research import Item
from reports.writing.verification import Declared

HEADLINE = "headline"
PROSE: tuple[type[Block], ...] = (Paragraph, ListBlock, Callout)
# A model may fill these where the skeleton has them, in this order; the headline comes last.
FILLED = ("what-happened", "indices", "trend", "crypto", "news", "scenarios")
KEPT_PROSE = ("scenarios",)  # how the chances were counted is ours to say
NEWS = {"vi": "Tin đáng chú ý", "en": "In the news"}
SOURCES = {"vi": "Nguồn tin", "en": "Sources"}
AFTER_NEWS = ("scenarios", "calendar", "numbers")
MOST_BLOCKS = 12
LONGEST_TITLE = 160
LONGEST_STANDFIRST = 600
# The check takes more than linear time: what no section needs is refused before it.
LONGEST_PROSE = 2000
MOST_REFERENCES = 24
MOST_IN_A_TITLE = 4  # written out they are longer, and the row has room for 200 characters
LONGEST_PLACE = 10_000
MOST_FIGURES = 100
LONGEST_FIGURE = 500
# What leads readers away goes by a citation, which names its source. A name such as CafeF.vn stays.
ADDRESS = re.compile(r"://|\b(?i:www)\.|\b[\w-]+\.[a-z]{2,}/\w")
KINDS = ("observed", "derived", "cited", "count")

FIGURES_SCHEMA = {
    "type": "array",
    "items": object_schema(
        {
            "text": {"type": "string"},
            "kind": {"type": "string", "enum": list(KINDS)},
            "evidence": {"type": "string"},
        }
    ),
}
SECTION_SCHEMA = object_schema(
    {
        "blocks": {"type": "array", "items": {"anyOf": [block_schema(kind) for kind in PROSE]}},
        "figures": FIGURES_SCHEMA,
    }
)
HEADLINE_SCHEMA = object_schema(
    {"title": {"type": "string"}, "standfirst": {"type": "string"}, "figures": FIGURES_SCHEMA}
)
TEXTS_SCHEMA = object_schema({"texts": {"type": "array", "items": {"type": "string"}}})


@dataclass(frozen=True, slots=True)
class Filling:
    """What a model wrote for one place: blocks of a section, or title and standfirst."""

    blocks: tuple[Block, ...] = ()
    title: str = ""
    standfirst: str = ""
    figures: tuple[Declared, ...] = ()


def places(skeleton: Document, items: Sequence[Item]) -> list[str]:
    """The places that a model may fill, the headline last."""
    there = {section.id for section in skeleton.sections}
    if any(not item.old for item in items):
        there.add("news")
    return [*(name for name in FILLED if name in there), HEADLINE]


def proven_key(place: str) -> str:
    """Under which the frame of a run's prompts keeps the sentences of a place."""
    return f"proven:{place}"


def proven(skeleton: Document) -> dict[str, str]:
    """What the rules wrote for each place, a paragraph a line: true by construction.

    Prose that stays on the page beside the model's is not offered for use.
    """
    found = {HEADLINE: [skeleton.title, skeleton.standfirst]}
    found |= {
        section.id: prose_of(section)
        for section in skeleton.sections
        if section.id in FILLED and section.id not in KEPT_PROSE
    }
    return {proven_key(place): "\n".join(texts) for place, texts in found.items() if any(texts)}


def schema_of(place: str) -> dict[str, Any]:
    return HEADLINE_SCHEMA if place == HEADLINE else SECTION_SCHEMA


def filling(place: str, data: Any) -> Filling:
    """The filling in a model's parsed answer; raises DocumentError with the offending place."""
    if not isinstance(data, dict):
        raise DocumentError("answer: not an object")
    figures = _figures(data.get("figures", []))
    if place != HEADLINE:
        blocks = document.blocks_from_json(data.get("blocks"), PROSE)
        if not blocks or len(blocks) > MOST_BLOCKS:
            raise DocumentError(f"blocks: between 1 and {MOST_BLOCKS} are wanted")
        texts = document.texts_of(blocks)
        if not any(text.strip() for text in texts):
            raise DocumentError("blocks: nothing is said")
        if sum(map(len, texts)) > LONGEST_PLACE:
            raise DocumentError(f"blocks: longer than {LONGEST_PLACE} characters together")
        _refuse(texts, "blocks", LONGEST_PROSE)
        return Filling(blocks=blocks, figures=figures)
    title = _line(data.get("title"), "title", LONGEST_TITLE)
    if len(document.REFERENCE.findall(title)) > MOST_IN_A_TITLE:
        raise DocumentError(f"title: names more than {MOST_IN_A_TITLE} figures")
    return Filling(
        title=title,
        standfirst=_line(data.get("standfirst"), "standfirst", LONGEST_STANDFIRST),
        figures=figures,
    )


def omission(place: str, item: Filling, lead: str) -> str | None:
    """What a filling owes its readers and does not give, as a sentence for its writer.

    News says who says so; what happened is told of the first index, whose key is `lead`.
    """
    if place == "news":
        told = [block for block in item.blocks if not isinstance(block, Callout)]
        cited = [any(map(document.citations, document.texts_of([block]))) for block in told]
        return None if cited and all(cited) else "blocks: each cites its item, as in [[n3]]"
    if place == "what-happened":
        named = {one.key for text in document.texts_of(item.blocks) for one in references(text)}
        if not any(key.startswith(f"{lead}.") for key in named):
            return f"blocks: none names a figure of {lead}"
    return None


def to_json(item: Filling) -> dict[str, Any]:
    return {
        "blocks": [document.block_json(block) for block in item.blocks],
        "title": item.title,
        "standfirst": item.standfirst,
        "figures": [
            {"text": figure.text, "kind": figure.kind, "evidence": figure.evidence}
            for figure in item.figures
        ],
    }


def from_json(data: Mapping[str, Any]) -> Filling:
    """What `to_json` made."""
    return Filling(
        document.blocks_from_json(data["blocks"], PROSE) if data["blocks"] else (),
        data["title"],
        data["standfirst"],
        _figures(data["figures"]),
    )


def assemble(
    skeleton: Document, fillings: Mapping[str, Filling], items: Sequence[Item], language: str
) -> Document:
    """The skeleton with its places filled, and with what the texts cite."""
    sections = [
        _filled(section, fillings[section.id]) if section.id in fillings else section
        for section in skeleton.sections
    ]
    there = {section.id for section in sections}
    if "news" in fillings and "news" not in there:
        news = Section("news", NEWS[language], fillings["news"].blocks)
        sections.insert(_before(sections, AFTER_NEWS), news)
    head = fillings.get(HEADLINE)
    whole = Document(
        head.title if head else skeleton.title,
        head.standfirst if head else skeleton.standfirst,
        tuple(sections),
    )
    return with_sources(whole, items, language)


def with_sources(whole: Document, items: Sequence[Item], language: str) -> Document:
    """The document with a section of what it cites, in the order of the first mention."""
    known = {item.id: item for item in items}
    named = dict.fromkeys(
        name for text in document.texts(whole) for name in document.citations(text) if name in known
    )
    if not named:
        return whole
    block = Sources(tuple(_source(known[name]) for name in named))
    sections = list(whole.sections)
    sections.insert(
        _before(sections, ("numbers",)), Section("sources", SOURCES[language], (block,))
    )
    return replace(whole, sections=tuple(sections))


def prose_of(section: Section, skeleton: Section | None = None) -> list[str]:
    """The texts of a section's prose, in order; without those that the skeleton has already."""
    return document.texts_of(block for block in section.blocks if _is_theirs(block, skeleton))


def texts_at(place: str, text: Document, skeleton: Document) -> list[str]:
    """What a model wrote at a place, in order: what its translation is made from."""
    if place == HEADLINE:
        return [text.title, text.standfirst]
    ours = {section.id: section for section in skeleton.sections}
    (found,) = [section for section in text.sections if section.id == place]
    return prose_of(found, ours.get(place))


def translated(
    section: Section, skeleton: Section | None, own: Section | None, title: str, texts: list[str]
) -> Section:
    """The section in the other language: a model's prose from `texts`, the rest from `own`.

    `own` is the skeleton's section in that language, block by block the same; `texts` are as many
    as `prose_of` gave.
    """
    words = iter(texts)
    ours = dict(zip(skeleton.blocks, own.blocks, strict=True)) if skeleton and own else {}
    blocks = [
        _with_texts(block, words) if _is_theirs(block, skeleton) else ours.get(block, block)
        for block in section.blocks
    ]
    return Section(section.id, title, tuple(blocks))


def _is_theirs(block: Block, skeleton: Section | None) -> bool:
    """Whether a model wrote the block."""
    return isinstance(block, PROSE) and not (skeleton and block in skeleton.blocks)


def _filled(section: Section, item: Filling) -> Section:
    """The section with the model's prose where its own begins, the rest after the last of ours."""
    first, *rest = item.blocks
    kept = [block for block in section.blocks if not isinstance(block, PROSE)]
    leads = bool(section.blocks) and isinstance(section.blocks[0], PROSE)
    blocks = [first, *kept, *rest] if leads else [*kept, first, *rest]
    if section.id in KEPT_PROSE:
        blocks += [block for block in section.blocks if isinstance(block, PROSE)]
    return replace(section, blocks=tuple(blocks))


def _before(sections: Sequence[Section], names: Iterable[str]) -> int:
    return next((at for at, item in enumerate(sections) if item.id in names), len(sections))


def _source(item: Item) -> Source:
    published = item.published.isoformat() if item.published else ""
    return Source(item.id, item.title, item.source, item.url, published)


def _with_texts(block: Block, words: Iterator[str]) -> Block:
    match block:
        case ListBlock(items):
            return ListBlock(tuple(next(words) for _ in items))
        case Callout():
            return Callout(next(words), next(words))
        case _:
            return Paragraph(next(words))


def _figures(data: Any) -> tuple[Declared, ...]:
    if not isinstance(data, list) or len(data) > MOST_FIGURES:
        raise DocumentError(f"figures: not a list of at most {MOST_FIGURES}")
    found = []
    for position, item in enumerate(data):
        if not isinstance(item, dict) or not all(
            isinstance(item.get(name), str) for name in ("text", "kind", "evidence")
        ):
            raise DocumentError(f"figures[{position}]: text, kind and evidence are wanted")
        if max(len(item["text"]), len(item["evidence"])) > LONGEST_FIGURE:
            raise DocumentError(f"figures[{position}]: longer than {LONGEST_FIGURE} characters")
        if item["kind"] not in KINDS:
            raise DocumentError(f"figures[{position}].kind: not one of {', '.join(KINDS)}")
        found.append(Declared(item["text"], item["kind"], item["evidence"]))
    return tuple(found)


def _line(data: Any, path: str, longest: int) -> str:
    """A text of one line that says something."""
    if not isinstance(data, str) or not data.strip():
        raise DocumentError(f"{path}: empty")
    text = " ".join(data.split())
    _refuse([text], path, longest)
    return document.checked_text(text, path)


def _refuse(texts: Iterable[str], path: str, longest: int) -> None:
    for text in texts:
        if fault := prose_fault(text, longest):
            raise DocumentError(f"{path}: {fault}")


def prose_fault(text: str, longest: int = LONGEST_PROSE) -> str:
    """Why a model's text is not even worth checking; empty when it is."""
    if len(text) > longest:
        return f"a text is longer than {longest} characters"
    if len(document.REFERENCE.findall(text)) > MOST_REFERENCES:
        return f"a text names more than {MOST_REFERENCES} figures"
    if ADDRESS.search(text):
        return "a web address stands in a text: cite the item instead"
    return ""
