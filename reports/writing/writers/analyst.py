"""The offline analyst: a complete bilingual report from the numbers alone, without a model.

This file decides what is said and in which order; `vietnamese.py` and `english.py` say it. Both
documents thus have the same sections, blocks and facts.
"""

from __future__ import annotations

from typing import Protocol

from reports.document import (
    Block,
    Callout,
    Document,
    Evidence,
    Figure,
    ListBlock,
    Paragraph,
    Scenario,
    Scenarios,
    Section,
    Table,
)
from reports.writing.writers.base import Brief, Draft
from reports.writing.writers.english import English
from reports.writing.writers.reading import Reading, read
from reports.writing.writers.vietnamese import Vietnamese


class Voice(Protocol):
    """One language's sentences. Each method returns finished text, or "" for nothing to say."""

    headings: dict[str, str]
    scenario_names: tuple[str, str, str]

    @property
    def columns(self) -> tuple[str, ...]: ...
    def title(self, r: Reading) -> str: ...
    def standfirst(self, r: Reading) -> str: ...
    def opening(self, r: Reading) -> str: ...
    def activity(self, r: Reading) -> str: ...
    def breadth(self, r: Reading) -> str: ...
    def turning_point(self, r: Reading) -> tuple[str, str]: ...
    def leaders(self, r: Reading) -> str: ...
    def provenance(self, source: str, agreement: str) -> str: ...
    def averages(self, r: Reading) -> str: ...
    def momentum(self, r: Reading) -> str: ...
    def extremes(self, r: Reading) -> str: ...
    def levels(self, r: Reading) -> tuple[str, ...]: ...
    def scenario_rules(self, r: Reading) -> tuple[str, str, str]: ...
    def scenario_method(self, r: Reading) -> str: ...
    def calendar(self, r: Reading) -> tuple[str, ...]: ...
    def about_numbers(self, r: Reading) -> tuple[str, ...]: ...
    def history_caption(self, r: Reading) -> tuple[str, str]: ...
    def moves_caption(self, r: Reading) -> tuple[str, str]: ...


class Analyst:
    """The last writer in every list: it needs no network, no key, and never fails on its own."""

    name = "analyst"

    def write(self, brief: Brief) -> Draft:
        """The report in both languages; raises WriterError when no index is known."""
        reading = read(brief.sheet, brief.edition)
        return Draft(_document(Vietnamese(), reading), _document(English(), reading), self.name)


def _document(voice: Voice, r: Reading) -> Document:
    sections = [
        _what_happened(voice, r),
        _indices(voice, r),
        *([_trend(voice, r)] if r.has_trend else []),
        *([_scenarios(voice, r)] if r.has("p_above", "p_between", "p_below") else []),
        _section(voice, "calendar", ListBlock(voice.calendar(r))),
        _section(voice, "numbers", ListBlock(voice.about_numbers(r)), Evidence()),
    ]
    return Document(voice.title(r), voice.standfirst(r), tuple(sections))


def _section(voice: Voice, name: str, *blocks: Block) -> Section:
    return Section(name, voice.headings[name], blocks)


def _paragraphs(*texts: str) -> list[Block]:
    return [Paragraph(text) for text in texts if text]


def _what_happened(voice: Voice, r: Reading) -> Section:
    blocks = _paragraphs(voice.opening(r))
    if r.lead.key in r.sheet.series:
        blocks.append(Figure("history", r.lead.key, *voice.history_caption(r)))
    blocks += _paragraphs(voice.activity(r), voice.breadth(r))
    blocks.append(Callout(*voice.turning_point(r)))
    return _section(voice, "what-happened", *blocks)


def _indices(voice: Voice, r: Reading) -> Section:
    rows, directions = [], []
    for state in r.sheet.indices:
        cells = [r.ref("close", key=state.key), r.ref("change", "signed", state.key)]
        cells.append(r.ref("change_percent", "signed", state.key))
        if not state.known:
            cells = ["–", "–", "–"]
        origin = voice.provenance(state.source, state.agreement) if state.known else "–"
        rows.append((state.display_name, *cells, origin))
        directions.append(_direction(r, state.key))
    blocks: list[Block] = [Table("", voice.columns, tuple(rows), tuple(directions))]
    blocks += _paragraphs(voice.leaders(r))
    if len(r.known) > 1:
        blocks.append(Figure("moves", "all", *voice.moves_caption(r)))
    return _section(voice, "indices", *blocks)


def _direction(r: Reading, key: str) -> str:
    """up, down or flat; empty for an index without figures."""
    change = r.value("change", key)
    if change is None:
        return ""
    return "up" if change > 0 else "down" if change < 0 else "flat"


def _trend(voice: Voice, r: Reading) -> Section:
    blocks = _paragraphs(voice.averages(r), voice.momentum(r), voice.extremes(r))
    levels = voice.levels(r)
    if levels:
        blocks.append(ListBlock(levels))
    return _section(voice, "trend", *blocks)


def _scenarios(voice: Voice, r: Reading) -> Section:
    chances = [r.ref(name) for name in ("p_above", "p_between", "p_below")]
    items = zip(voice.scenario_names, chances, voice.scenario_rules(r), strict=True)
    return _section(
        voice,
        "scenarios",
        Scenarios(tuple(Scenario(*item) for item in items)),
        Paragraph(voice.scenario_method(r)),
    )
