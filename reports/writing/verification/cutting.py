"""Failed sentences out of a document, with a mark where they stood."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from reports.document import Block, Callout, Document, ListBlock, Paragraph, Section
from reports.writing.verification.reading import sentences
from reports.writing.verification.results import Checked

MARK = "[…]"
_MARKS = re.compile(r"\[…\](?:\s*\[…\])+")


def cut(document: Document, failed: Iterable[Checked]) -> Document:
    """The document without the sentences of these results, `MARK` in their places.

    A paragraph, item or callout with nothing else left goes, and so does a section without blocks.
    Title and standfirst must stay: a failed title keeps its words, to be decided by a person.
    """
    out = {(item.section, item.sentence) for item in failed if not item.passed}
    sections = tuple(_section(section, _of(out, section.id)) for section in document.sections)
    kept = tuple(section for section in sections if section.blocks)
    standfirst = _text(document.standfirst, _of(out, "headline"))
    if not standfirst or standfirst == MARK:
        standfirst = document.title if _title_stands(document, out) else document.standfirst
    return replace(document, standfirst=standfirst, sections=kept)


def _of(out: set[tuple[str, str]], section: str) -> set[str]:
    return {sentence for name, sentence in out if name in {section, ""}}


def _title_stands(document: Document, out: set[tuple[str, str]]) -> bool:
    gone = _of(out, "headline")
    return not any(part in gone for part in sentences.split(document.title))


def _section(section: Section, gone: set[str]) -> Section:
    blocks: list[Block] = []
    for block in section.blocks:
        if (kept := _block(block, gone)) is not None:
            blocks.append(kept)
    return replace(section, blocks=tuple(blocks))


def _block(block: Block, gone: set[str]) -> Block | None:
    match block:
        case Paragraph(text):
            left = _text(text, gone)
            return Paragraph(left) if _says(left) else None
        case ListBlock(items):
            kept = [left for item in items if _says(left := _text(item, gone))]
            return ListBlock(tuple(kept)) if kept else None
        case Callout(title, text):
            left = _text(text, gone)
            if any(part in gone for part in sentences.split(title)):
                return Paragraph(left) if _says(left) else None
            return Callout(title, left) if _says(left) else None
    return block


def _says(text: str) -> bool:
    return bool(text.replace(MARK, "").strip())


def _text(text: str, gone: set[str]) -> str:
    parts = sentences.split(text)
    if not any(part in gone for part in parts):
        return text
    marked = " ".join(MARK if part in gone else part for part in parts)
    return _MARKS.sub(MARK, marked)
