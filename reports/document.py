"""The structured report: blocks of text that name facts, and never a figure of their own.

Plain values: a document is what a writer returns, what a step stores as JSON, and what the
renderer turns into a page. Text names a fact by reference: `{{vnindex.close}}` as the figure
stands, `{{vnindex.change|signed}}` with its sign, `{{vnindex.change|abs}}` without one. `[[n3]]`
cites the item of that id in the document's sources.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import fields as fields_of
from typing import Any, ClassVar, TypeVar, get_args, get_type_hints

Item = TypeVar("Item")

LONGEST_TEXT = 4000
MOST_ITEMS = 400

REFERENCE = re.compile(r"\{\{([a-z0-9_]+(?:\.[a-z0-9_]+)+)(?:\|(signed|abs))?\}\}")
CITATION = re.compile(r"\[\[([a-z][a-z0-9]{0,9})\]\]")
_BRACES = re.compile(r"\{\{|\}\}|\[\[|\]\]")

# Characters that PostgreSQL's JSON refuses, or that no text needs: controls, lone surrogates.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

# Digits that are names or windows, not measurements: index names, periods, dates, times. Counts of
# stocks are no names: breadth is a measured figure, and text must reference it.
_PLAIN = re.compile(
    r"""
      \b(?:VN30|HNX30|VN30-Index|MA\d{1,3}|SMA\d{1,3}|RSI\s?\(?14\)?)\b
    | \b\d{1,3}(?:[\s\u00a0]|-)(?:phiên|tuần|ngày|giờ|chỉ\ số|sessions?|weeks?|days?|hours?)(?!\w)
    | \b(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])(?:/\d{4})?\b
    | \b(?:0?[1-9]|[12]\d|3[01])[\s\u00a0]
        (?:January|February|March|April|May|June|July|August|September|October|November|December)
        (?:[\s\u00a0]\d{4})?
    | \b(?:[01]?\d|2[0-3])[h:][0-5]\d\b | \(GMT\+7\)
    """,
    re.VERBOSE,
)


class DocumentError(ValueError):
    """Not a document; the message begins with the path of the offending place."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A named fact in text; `style` is empty, `signed` or `abs`."""

    key: str
    style: str = ""

    def __str__(self) -> str:
        return f"{{{{{self.key}|{self.style}}}}}" if self.style else f"{{{{{self.key}}}}}"


@dataclass(frozen=True, slots=True)
class Paragraph:
    kind: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True, slots=True)
class ListBlock:
    kind: ClassVar[str] = "list"
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells are text with references; `directions` colours rows: up, down, flat or empty."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    directions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Callout:
    kind: ClassVar[str] = "callout"
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart that our code draws: `history` of one index, or `moves` of all."""

    kind: ClassVar[str] = "figure"
    chart: str
    subject: str
    caption: str
    note: str


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    probability: str
    rule: str


@dataclass(frozen=True, slots=True)
class Scenarios:
    """Mutually exclusive, together exhaustive; `probability` is a reference to a percent fact."""

    kind: ClassVar[str] = "scenarios"
    items: tuple[Scenario, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the table of all facts stands, with value, source, time and method."""

    kind: ClassVar[str] = "evidence"


@dataclass(frozen=True, slots=True)
class Source:
    """A page that the text cites; `published` is ISO 8601 or empty."""

    id: str
    title: str
    publisher: str
    url: str
    published: str


@dataclass(frozen=True, slots=True)
class Sources:
    """What the document cites: texts of others, shown as links and never as our own words."""

    kind: ClassVar[str] = "sources"
    items: tuple[Source, ...]


Block = Paragraph | ListBlock | Table | Callout | Figure | Scenarios | Evidence | Sources


@dataclass(frozen=True, slots=True)
class Section:
    """`id` is a stable ASCII anchor, the same in both languages."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    standfirst: str
    sections: tuple[Section, ...]


def texts(document: Document) -> Iterator[str]:
    """Every text of the document in reading order, headline first."""
    yield document.title
    yield document.standfirst
    for section in document.sections:
        yield section.title
        for block in section.blocks:
            yield from _block_texts(block)


def _block_texts(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(text):
            yield text
        case ListBlock(items):
            yield from items
        case Table(caption, columns, rows):
            yield caption
            yield from columns
            for row in rows:
                yield from row
        case Callout(title, text):
            yield from (title, text)
        case Figure(caption=caption, note=note):
            yield from (caption, note)
        case Scenarios(items):
            for item in items:
                yield from (item.name, item.probability, item.rule)
        case Evidence() | Sources():
            pass


def texts_of(blocks: Iterable[Block]) -> list[str]:
    """Every text of these blocks, in order."""
    return [text for block in blocks for text in _block_texts(block)]


def references(text: str) -> list[Reference]:
    """The references of one text, in order."""
    return [Reference(match[1], match[2] or "") for match in REFERENCE.finditer(text)]


def citations(text: str) -> list[str]:
    """The ids that one text cites, in order."""
    return CITATION.findall(text)


def cited_sources(document: Document) -> dict[str, Source]:
    """The items of the document's sources by id."""
    return {
        item.id: item
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Sources)
        for item in block.items
    }


def faults(document: Document, facts: Mapping[str, object], names: Iterable[str] = ()) -> list[str]:
    """What stops the document from being published: unknown references, bare figures.

    A text that cites what the document's sources lack is one, too.

    `names` are index names, whose digits are no figures.
    """
    named = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names) or r"(?!)")
    sources = cited_sources(document)
    found = []
    for text in texts(document):
        found += [f"unknown source {name}" for name in citations(text) if name not in sources]
        found += [f"unknown fact {item.key}" for item in references(text) if item.key not in facts]
        rest = named.sub(" ", CITATION.sub("", REFERENCE.sub("", text)))
        if not rest:  # as of most cells of a table
            continue
        if _BRACES.search(rest):
            found.append(f"broken reference in {text[:60]!r}")
        found += [f"bare figure {figure} in {text[:60]!r}" for figure in bare_digits(rest)]
    return found


def bare_digits(text: str) -> list[str]:
    """Figures written out instead of referenced; names, windows, dates and counts may stand."""
    rest = _PLAIN.sub(" ", CITATION.sub(" ", REFERENCE.sub(" ", text)))
    return re.findall(r"\d[\d.,]*", rest)


def to_json(document: Document) -> dict[str, Any]:
    """Plain JSON values; `from_json` gives the same document back."""
    return {
        "title": document.title,
        "standfirst": document.standfirst,
        "sections": [
            {
                "id": section.id,
                "title": section.title,
                "blocks": [block_json(block) for block in section.blocks],
            }
            for section in document.sections
        ],
    }


def block_json(block: Block) -> dict[str, Any]:
    """One block as plain JSON values."""
    data: dict[str, Any] = {"kind": block.kind}
    match block:
        case Paragraph(text):
            data["text"] = text
        case ListBlock(items):
            data["items"] = list(items)
        case Table(caption, columns, rows, directions):
            data |= {"caption": caption, "columns": list(columns)}
            data |= {"rows": [list(row) for row in rows], "directions": list(directions)}
        case Callout(title, text):
            data |= {"title": title, "text": text}
        case Figure(chart, subject, caption, note):
            data |= {"chart": chart, "subject": subject, "caption": caption, "note": note}
        case Scenarios(items):
            data["items"] = [
                {"name": item.name, "probability": item.probability, "rule": item.rule}
                for item in items
            ]
        case Sources(items):
            names = [item.name for item in fields_of(Source)]
            data["items"] = [{name: getattr(item, name) for name in names} for item in items]
        case Evidence():
            pass
    return data


def from_json(data: Any) -> Document:
    """The document in parsed JSON; DocumentError for anything unknown, absent or too long."""
    fields = _object(data, "document", {"title", "standfirst", "sections"})
    sections = _items(fields["sections"], "sections", _section)
    seen: set[str] = set()
    for position, section in enumerate(sections):
        if section.id in seen:
            raise DocumentError(f"sections[{position}].id: stands twice")
        seen.add(section.id)
    return Document(
        _words(fields["title"], "title"), _words(fields["standfirst"], "standfirst"), sections
    )


def blocks_from_json(data: Any, kinds: Iterable[type[Block]]) -> tuple[Block, ...]:
    """Blocks of these kinds alone, such as a model may write; raises DocumentError."""
    blocks = _items(data, "blocks", _block)
    for position, block in enumerate(blocks):
        if type(block) not in kinds:
            raise DocumentError(f"blocks[{position}].kind: {block.kind} is not ours to give away")
    return blocks


def block_schema(kind: type[Any]) -> dict[str, Any]:
    """The JSON Schema of a block, or of an item inside one, from its dataclass: all or nothing."""
    hints = get_type_hints(kind)
    properties = {item.name: _value_schema(hints[item.name]) for item in fields_of(kind)}
    if name := getattr(kind, "kind", None):
        properties = {"kind": {"type": "string", "enum": [name]}, **properties}
    return object_schema(properties)


def object_schema(properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _value_schema(hint: Any) -> dict[str, Any]:
    if hint is str:
        return {"type": "string"}
    inner = get_args(hint)
    return {"type": "array", "items": _value_schema(inner[0])} if inner else block_schema(hint)


def _section(data: Any, path: str) -> Section:
    fields = _object(data, path, {"id", "title", "blocks"})
    identifier = checked_text(fields["id"], f"{path}.id")
    if not re.fullmatch(r"(?![hn]-)[a-z][a-z0-9-]{0,40}", identifier):
        raise DocumentError(f"{path}.id: not an anchor")  # h- and n- mark headings and figures
    return Section(
        identifier,
        _words(fields["title"], f"{path}.title"),
        _items(fields["blocks"], f"{path}.blocks", _block),
    )


def _block(data: Any, path: str) -> Block:
    kind = data.get("kind") if isinstance(data, dict) else None
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise DocumentError(f"{path}.kind: unknown block")
    return reader(data, path)


def _paragraph(data: Any, path: str) -> Paragraph:
    fields = _object(data, path, {"kind", "text"})
    return Paragraph(checked_text(fields["text"], f"{path}.text"))


def _list(data: Any, path: str) -> ListBlock:
    fields = _object(data, path, {"kind", "items"})
    return ListBlock(_items(fields["items"], f"{path}.items", checked_text))


def _table(data: Any, path: str) -> Table:
    fields = _object(data, path, {"kind", "caption", "columns", "rows", "directions"})
    columns = _items(fields["columns"], f"{path}.columns", checked_text)
    rows = _items(fields["rows"], f"{path}.rows", lambda row, at: _items(row, at, checked_text))
    directions = _items(fields["directions"], f"{path}.directions", _direction)
    if not columns:
        raise DocumentError(f"{path}.columns: none")
    if any(len(row) != len(columns) for row in rows):
        raise DocumentError(f"{path}.rows: a row's length differs from the columns'")
    if directions and len(directions) != len(rows):
        raise DocumentError(f"{path}.directions: one per row, or none")
    return Table(checked_text(fields["caption"], f"{path}.caption"), columns, rows, directions)


def _direction(data: Any, path: str) -> str:
    if not isinstance(data, str) or data not in {"up", "down", "flat", ""}:
        raise DocumentError(f"{path}: not a direction")
    return data


def _callout(data: Any, path: str) -> Callout:
    fields = _object(data, path, {"kind", "title", "text"})
    return Callout(
        checked_text(fields["title"], f"{path}.title"), checked_text(fields["text"], f"{path}.text")
    )


def _figure(data: Any, path: str) -> Figure:
    fields = _object(data, path, {"kind", "chart", "subject", "caption", "note"})
    chart = checked_text(fields["chart"], f"{path}.chart")
    if chart not in {"history", "moves"}:
        raise DocumentError(f"{path}.chart: unknown chart")
    names = ("subject", "caption", "note")
    return Figure(chart, *(checked_text(fields[name], f"{path}.{name}") for name in names))


def _scenarios(data: Any, path: str) -> Scenarios:
    fields = _object(data, path, {"kind", "items"})
    return Scenarios(_items(fields["items"], f"{path}.items", _scenario))


def _scenario(data: Any, path: str) -> Scenario:
    fields = _object(data, path, {"name", "probability", "rule"})
    if not REFERENCE.fullmatch(checked_text(fields["probability"], f"{path}.probability")):
        raise DocumentError(f"{path}.probability: not a reference")
    names = ("name", "probability", "rule")
    return Scenario(*(checked_text(fields[name], f"{path}.{name}") for name in names))


def _evidence(data: Any, path: str) -> Evidence:
    _object(data, path, {"kind"})
    return Evidence()


def _sources(data: Any, path: str) -> Sources:
    fields = _object(data, path, {"kind", "items"})
    return Sources(_items(fields["items"], f"{path}.items", _source))


def _source(data: Any, path: str) -> Source:
    names = ("id", "title", "publisher", "url", "published")
    fields = _object(data, path, set(names))
    values = {name: checked_text(fields[name], f"{path}.{name}") for name in names}
    if not CITATION.fullmatch(f"[[{values['id']}]]"):
        raise DocumentError(f"{path}.id: not the id of a source")
    if not re.match(r"https?://[^\s/]", values["url"]):
        raise DocumentError(f"{path}.url: not a web address")
    return Source(**values)


_READERS: dict[str, Callable[[Any, str], Block]] = {
    "paragraph": _paragraph,
    "list": _list,
    "table": _table,
    "callout": _callout,
    "figure": _figure,
    "scenarios": _scenarios,
    "evidence": _evidence,
    "sources": _sources,
}


def _object(data: Any, path: str, names: set[str]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise DocumentError(f"{path}: not an object")
    if data.keys() != names:
        odd = ", ".join(sorted(map(str, data.keys() ^ names)))
        raise DocumentError(f"{path}: unknown or absent: {odd}")
    return data


def checked_text(data: Any, path: str) -> str:
    """A text that can be stored and is not too long; raises DocumentError."""
    if not isinstance(data, str):
        raise DocumentError(f"{path}: not text")
    if len(data) > LONGEST_TEXT:
        raise DocumentError(f"{path}: longer than {LONGEST_TEXT} characters")
    if _UNWRITABLE.search(data):
        raise DocumentError(f"{path}: holds a control character")
    return data


def _words(data: Any, path: str) -> str:
    """A text that must say something: titles and the standfirst."""
    if not checked_text(data, path).strip():
        raise DocumentError(f"{path}: empty")
    return str(data)


def _items(data: Any, path: str, read: Callable[[Any, str], Item]) -> tuple[Item, ...]:
    if not isinstance(data, list | tuple) or len(data) > MOST_ITEMS:
        raise DocumentError(f"{path}: not a list of at most {MOST_ITEMS}")
    return tuple(read(item, f"{path}[{position}]") for position, item in enumerate(data))
