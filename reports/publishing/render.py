"""Documents into HTML, by templates: the writer's text is data, the markup is ours."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache, partial
from itertools import groupby
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from market import formats
from reports.document import (
    CITATION,
    REFERENCE,
    Block,
    Callout,
    Document,
    Evidence,
    Figure,
    ListBlock,
    Paragraph,
    Scenario,
    Scenarios,
    Source,
    Sources,
    Table,
    cited_sources,
    texts,
)
from reports.facts import FACT_NAMES, Fact, FactSheet
from reports.publishing import charts, labels

_MARKS = re.compile(rf"{REFERENCE.pattern}|{CITATION.pattern}")
_UNANCHORED = re.compile(r"[^a-z0-9]+")
_DIRECTED = re.compile(
    r"^(?:change|change_percent|return\d+|since_report|since_report_percent|vs_lead)$"
)
_FIGURE = (
    '<a class="fig{direction}" href="#{anchor}" data-source="{told}">'
    '<data value="{raw}">{value}</data></a>'
)
_ORIGIN = '<span>{source}, <time datetime="{iso}">{as_of}</time>{agreement}</span>'


@dataclass(frozen=True, slots=True)
class Context:
    """What blocks are drawn with; `numbers` gives the cited sources' numbers by their ids."""

    sheet: FactSheet
    language: str
    numbers: Mapping[str, int] = field(default_factory=dict)
    _figures: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def words(self) -> dict[str, str]:
        return labels.WORDS[self.language]

    def figure(self, key: str, style: str) -> str:
        """A figure's markup, made once: texts, tables and lists name the same ones."""
        found = self._figures.get((key, style))
        if found is None:
            found = _figure(self.sheet.facts[key], style, self)
            self._figures[key, style] = found
        return found


def render_article(document: Document, sheet: FactSheet, language: str) -> str:
    """The article's sections as HTML, without title and standfirst.

    Raises KeyError when the text names a fact that the sheet lacks.
    """
    numbers = {name: number for number, name in enumerate(cited_sources(document), start=1)}
    context = Context(sheet, language, numbers)
    sections = [
        {
            "id": section.id,
            "title": prose(section.title, context),
            "blocks": [_block(block, context) for block in section.blocks],
        }
        for section in document.sections
    ]
    return render_to_string("reports/blocks/article.html", {"sections": sections})


def plain_text(text: str, sheet: FactSheet, language: str) -> str:
    """A text with its references written out, without citations and markup: for titles."""
    return REFERENCE.sub(
        lambda match: labels.written(sheet.facts[match[1]], language, match[2] or ""),
        re.sub(rf"\s*{CITATION.pattern}", "", text),
    )


def figures_in(document: Document) -> int:
    """How many figures the document names, each mention counted."""
    return sum(len(REFERENCE.findall(text)) for text in texts(document))


def prose(text: str, context: Context) -> SafeString:
    """Escaped text with each reference as a figure that links to its proof, and each citation."""
    parts: list[str] = []
    end = 0
    for match in _MARKS.finditer(text):
        parts.append(html.escape(text[end : match.start()]))
        if match[1]:
            parts.append(context.figure(match[1], match[2] or ""))
        else:
            parts.append(_citation(match[3], context))
        end = match.end()
    parts.append(html.escape(text[end:]))
    return mark_safe("".join(parts))  # noqa: S308 (each part is escaped above)


def _figure(fact: Fact, style: str, context: Context) -> str:
    value = labels.written(fact, context.language, style)
    return _filled(
        _FIGURE,
        direction=_direction(fact),
        anchor=anchor(fact.key),
        told=_told(fact, value, context.language),
        raw=labels.raw(fact.value),
        value=value,
    )


def _citation(name: str, context: Context) -> str:
    """A link to the cited source; nothing for one that the document does not list."""
    if name not in context.numbers:
        return ""
    number = context.numbers[name]
    label = context.words["cited"].format(number=number)
    return format_html('<sup><a href="#s-{}" aria-label="{}">{}</a></sup>', name, label, number)


def _told(fact: Fact, shown: str, language: str) -> str:
    """What a figure tells when asked: the value in full where the text rounds it, source, time."""
    parts = [
        labels.exact(fact, language, shown),
        labels.source_text(fact.source, language),
        formats.moment(fact.as_of, language),
    ]
    return " · ".join(part for part in parts if part)


@lru_cache(maxsize=1000)  # reports share their facts' keys
def anchor(key: str) -> str:
    return "n-" + _UNANCHORED.sub("-", key)


def _direction(fact: Fact) -> str:
    if not _DIRECTED.match(fact.key.partition(".")[2]) or not fact.value:
        return ""
    return " up" if fact.value > 0 else " down"


def _block(block: Block, context: Context) -> SafeString:
    data: dict[str, Any] = {"words": context.words}
    match block:
        case Paragraph(text):
            data["text"] = prose(text, context)
        case ListBlock(items):
            data["items"] = [prose(item, context) for item in items]
        case Table():
            data |= _table(block, context)
        case Callout(title, text):
            data |= {"title": prose(title, context), "text": prose(text, context)}
        case Figure():
            data |= _chart(block, context)
        case Scenarios():
            data["items"] = [_scenario(item, context) for item in block.items]
        case Sources():
            data["items"] = [_source(item, context) for item in block.items]
        case Evidence():
            data["groups"] = _evidence_groups(context)
    return render_to_string(f"reports/blocks/{block.kind}.html", data)


def _table(block: Table, context: Context) -> dict[str, Any]:
    directions = block.directions or ("",) * len(block.rows)
    columns = [plain_text(column, context.sheet, context.language) for column in block.columns]
    cells = [f'<td data-label="{html.escape(column)}">' for column in columns[1:]]
    rows = [
        f'<tr class="{html.escape(direction)}"><th scope="row">{prose(row[0], context)}</th>'
        + "".join(
            f"{cell}{prose(text, context)}</td>" for cell, text in zip(cells, row[1:], strict=True)
        )
        + "</tr>"
        for row, direction in zip(block.rows, directions, strict=True)
    ]
    return {"caption": prose(block.caption, context), "columns": columns, "rows": _joined(rows)}


def _scenario(item: Scenario, context: Context) -> dict[str, Any]:
    match = REFERENCE.fullmatch(item.probability)
    fact = context.sheet.facts[match[1]] if match else None
    return {
        "name": prose(item.name, context),
        "rule": prose(item.rule, context),
        "probability": prose(item.probability, context),
        "percent": int(fact.value) if fact else 0,
        "text": labels.written(fact, context.language) if fact else item.probability,
    }


def _source(item: Source, context: Context) -> dict[str, Any]:
    when = datetime.fromisoformat(item.published) if item.published else None
    return {"item": item, "when": formats.moment(when, context.language) if when else ""}


def _in_order(sheet: FactSheet) -> list[Fact]:
    """The facts index by index, in reading order: the database's JSON does not keep its own."""
    subjects = {subject: at for at, subject in enumerate(sheet.subjects)}
    names = {name: at for at, name in enumerate(FACT_NAMES)}

    def position(fact: Fact) -> tuple[int, int, str]:
        subject, _, name = fact.key.partition(".")
        return subjects.get(subject, len(subjects)), names.get(name, len(names)), fact.key

    return sorted(sheet.facts.values(), key=position)


def _evidence_groups(context: Context) -> list[dict[str, Any]]:
    """The facts by index, each with its row of proof."""
    origin = cache(partial(_origin, context))  # hundreds of facts share a few
    groups = []
    for subject, facts in groupby(_in_order(context.sheet), lambda fact: fact.key.split(".")[0]):
        rows = [
            _evidence(fact, origin(fact.source, fact.as_of, fact.agreement), context)
            for fact in facts
        ]
        count = context.words["count"].format(count=len(rows))
        name = labels.subject_name(subject, context.sheet, context.language)
        groups.append({"name": name, "count": count, "rows": _joined(rows)})
    return groups


def _origin(context: Context, source: str, as_of: datetime, agreement: str) -> str:
    """Who gave a figure, when, and whether a second source agrees, as markup."""
    words, language = context.words, context.language
    return _filled(
        _ORIGIN,
        source=labels.source_text(source, language),
        iso=as_of.isoformat(),
        as_of=formats.moment(as_of, language),
        agreement=f" ({words[agreement]})" if agreement in words else "",
    )


def _evidence(fact: Fact, origin: str, context: Context) -> str:
    words, language = context.words, context.language
    name, (lang, method) = _fact_name(fact.key, language), _method(fact.method, language)
    value = html.escape(labels.written(fact, language))
    return (
        f'<tr id="{anchor(fact.key)}"><th scope="row">{name}</th>'
        f'<td data-label="{words["value"]}">'
        f'<data value="{labels.raw(fact.value)}">{value}</data></td>'
        f'<td data-label="{words["source"]}">{origin}</td>'
        f'<td data-label="{words["method"]}"{lang}>{method}</td></tr>'
    )


@lru_cache(maxsize=2000)  # reports share their facts' keys
def _fact_name(key: str, language: str) -> str:
    return html.escape(labels.fact_name(key, language))


@lru_cache(maxsize=1000)  # and their few methods
def _method(text: str, language: str) -> tuple[str, str]:
    """How a fact came about, as markup, with the mark of a language that is not the page's."""
    told = labels.method(text, language)
    lang = ' lang="en"' if text and not told and language != "en" else ""
    return lang, html.escape(told or text or labels.WORDS[language]["observed"])


def _filled(markup: str, **texts: str) -> str:
    """Our markup with escaped texts: for what a report holds by the hundred, where a template takes
    several times as long.
    """
    return markup.format_map({name: html.escape(text) for name, text in texts.items()})


def _numbers_row(cells: Iterable[str]) -> str:
    head, *others = map(html.escape, cells)
    return f'<tr><th scope="row">{head}</th>{"".join(f"<td>{cell}</td>" for cell in others)}</tr>'


def _joined(parts: Iterable[str]) -> SafeString:
    return mark_safe("".join(parts))  # noqa: S308 (each part is escaped where it is made)


def _chart(block: Figure, context: Context) -> dict[str, Any]:
    if block.chart == "history":
        svg, columns, rows = _history(block.subject, context)
    else:
        svg, columns, rows = _moves(context)
    return {
        "caption": prose(block.caption, context),
        "label": plain_text(block.caption, context.sheet, context.language),
        "note": prose(block.note, context),
        "svg": svg,
        "columns": columns,
        "rows": _joined(map(_numbers_row, rows)),
    }


def lead_chart(document: Document, sheet: FactSheet, language: str) -> SafeString:
    """The document's first chart, for the home page; "" when it has none."""
    context = Context(sheet, language)
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Figure):
                return _block(block, context)
    return SafeString("")


Drawing = tuple[SafeString, tuple[str, ...], list[tuple[str, ...]]]


def _history(key: str, context: Context) -> Drawing:
    series = context.sheet.series.get(key)
    words, language = context.words, context.language
    columns: tuple[str, ...] = (words["day"], words["close"], words["average"])
    if series is None:
        return SafeString(""), columns, []
    label = words["history_label"].format(
        name=context.sheet.index_name(key),
        first=formats.number(series.closes[0], 2, language),
        last=formats.number(series.closes[-1], 2, language),
        count=len(series.closes),
    )
    svg = charts.history(series.days, series.closes, series.averages, language, label)
    rows: list[tuple[str, ...]] = [
        (
            formats.day(day, language),
            formats.number(close, 2, language),
            "–" if mean is None else formats.number(mean, 2, language),
        )
        for day, close, mean in zip(series.days, series.closes, series.averages, strict=True)
    ]
    return mark_safe(svg), columns, rows[::-1]  # noqa: S308 (charts escapes its texts)


def _moves(context: Context) -> Drawing:
    words, language = context.words, context.language
    known = [
        (state.display_name, context.sheet.facts[f"{state.key}.change_percent"].value)
        for state in context.sheet.indices
        if f"{state.key}.change_percent" in context.sheet.facts
    ]
    svg = charts.moves(known, language, words["moves_label"])
    rows: list[tuple[str, ...]] = [
        (name, formats.percent(value, language, "always")) for name, value in known
    ]
    columns: tuple[str, ...] = (words["index"], words["change"])
    return mark_safe(svg), columns, rows  # noqa: S308 (charts escapes its texts)
