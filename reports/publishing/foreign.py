"""Cleaned foreign HTML, set out as our own articles are.

Only for nh3's output: every tag in it is listed, closed in its place, and its texts are escaped.
Layout boxes become paragraphs, headings begin below the page's own h1, sections can be linked to,
tables can be scrolled, and no id clashes with ours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from itertools import zip_longest

PLACE = "data-chart"  # where a chart goes, by its number
PREFIX = "x-"
MAX_DEPTH = 40


def named(names: str, *more: str) -> frozenset[str]:
    return frozenset([*names.split(), *more])


VOID = frozenset({"br", "hr", "img"})
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = named("p ul ol dl table blockquote pre figure hr details div section", *HEADINGS)
BOXES = frozenset({*HEADINGS, "p", "div"})  # blocks of words, into which an inline element moves
PARTS = named("li dt dd tr td th thead tbody tfoot caption figcaption summary")
WORDS_ALONE = named("p pre dt caption summary figcaption", *HEADINGS)
LISTS = {"ul": ("li",), "ol": ("li",), "dl": ("dd", "dt")}
TABLE_PARTS = frozenset({"table", "thead", "tbody", "tfoot", "tr"})  # in the order of the parser
FLOWS = frozenset({"blockquote", "details"})  # hold paragraphs, as the article itself does
LONG_CELL = 24  # characters
TITLE_LENGTH, SUMMARY_LENGTH = 200, 600
TABLE_NAMES = {"vi": "Bảng", "en": "Table"}


@dataclass(slots=True)
class Element:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Markup of our own."""

    html: str


Node = Element | Drawn | str
Charts = dict[int, str]  # those that have not found their place yet


@dataclass(frozen=True, slots=True)
class Article:
    html: str
    title: str
    summary: str


def arrange(html: str, charts: Sequence[str], language: str, take_title: bool) -> Article:
    """The article of nh3's output, with the charts in their places."""
    nodes = _flow(_parsed(html), dict(enumerate(charts)), strict=True)
    title = summary = ""
    if take_title:
        title, summary, nodes = _titled(nodes)
    _demote(nodes)
    _identify(nodes)
    _wrap_tables(nodes, TABLE_NAMES.get(language, TABLE_NAMES["en"]))
    return Article("".join(map(_written, _sections(nodes))).strip(), title, summary)


# Reading and writing


class _Builder(HTMLParser):
    """A tree that is at most MAX_DEPTH high: what is nested deeper lies flat at that depth."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self._open: list[Element] = [self.root]
        self._beyond = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self._open[-1].children.append(element)
        elif len(self._open) >= MAX_DEPTH:
            self._beyond += 1
        else:
            self._open[-1].children.append(element)
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self._beyond:
            self._beyond -= 1
        elif len(self._open) > 1:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def _parsed(html: str) -> list[Node]:
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.root.children


def _written(node: Node) -> str:
    if isinstance(node, str):
        return escape(node, quote=False)
    if isinstance(node, Drawn):
        return node.html
    attributes = "".join(f' {name}="{escape(text)}"' for name, text in node.attributes.items())
    if node.tag in VOID:
        return f"<{node.tag}{attributes}>"
    end = "\n" if node.tag in BLOCKS or node.tag in {"section", "li", "tr"} else ""
    # a line end at the start of <pre> is not part of its text
    inner = "".join(map(_written, node.children))
    start = "\n" if node.tag == "pre" and inner.startswith("\n") else ""
    return f"<{node.tag}{attributes}>{start}{inner}</{node.tag}>{end}"


def text_of(node: Node) -> str:
    """Its words with single spaces."""
    return " ".join("".join(_texts(node)).split())


def _texts(node: Node) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Element):
        for child in node.children:
            yield from _texts(child)
        if node.tag in BLOCKS | PARTS | {"br"}:
            yield " "


def _everywhere(nodes: Sequence[Node]) -> Iterator[Element]:
    for node in nodes:
        if isinstance(node, Element):
            yield node
            yield from _everywhere(node.children)


# Flow: paragraphs instead of layout boxes


def _flow(nodes: Sequence[Node], charts: Charts, strict: bool, part: str = "") -> list[Node]:
    """The nodes without layout boxes. Where it is `strict`, words stand in paragraphs.

    `part` is what stands here beside them; parts of other things are boxes too.
    """
    found: list[Node] = []
    for node in nodes:
        if isinstance(node, Element) and node.tag in PARTS and node.tag != part:
            node.tag = "div"
        found += _settled(node, charts)
    if strict or any(_is_block(node) for node in found):
        return _in_paragraphs(found)
    return found


def _settled(node: Node, charts: Charts) -> list[Node]:
    """What becomes of one node: nothing, itself, or what it held."""
    if not isinstance(node, Element):
        return [node]
    if PLACE in node.attributes:
        return _chart(node, charts)
    if node.tag == "img":
        return [node] if node.attributes.get("src") else []
    if node.tag in VOID:
        return [node]
    if node.tag in {"div", "section"}:
        return _unboxed(node, charts)
    node.children = _inside(node, charts)
    if node.tag in BLOCKS | PARTS:
        return _filled(node)
    if _says_nothing(node):
        return node.children
    if any(map(_is_block, node.children)):
        return _pushed_down(node)
    return _filled(node)


def _unboxed(node: Element, charts: Charts) -> list[Node]:
    """What a layout box held; its id goes to the heading with which it begins."""
    inner = _flow(node.children, charts, strict=False)
    if not any(map(_is_block, inner)):
        return _filled(Element("p", {}, inner))
    first = inner[0]
    if isinstance(first, Element) and first.tag in HEADINGS and "id" in node.attributes:
        first.attributes.setdefault("id", node.attributes["id"])
    return inner


def _inside(node: Element, charts: Charts) -> list[Node]:
    if node.tag in WORDS_ALONE:
        return _words(node.children)
    if node.tag in LISTS:
        return _items(node, charts)
    if node.tag in TABLE_PARTS:
        parts = [child for child in node.children if isinstance(child, Element)]
        return [kept for part in parts for kept in _settled(part, charts)]
    part = {"details": "summary", "figure": "figcaption"}.get(node.tag, "")
    inner = _flow(node.children, charts, node.tag in FLOWS, part)
    only = inner[0] if len(inner) == 1 else None
    if node.tag in {"li", "td", "th", "dd"} and isinstance(only, Element) and only.tag == "p":
        return only.children
    return inner


def _items(node: Element, charts: Charts) -> list[Node]:
    """A list's items; whatever else stood in it becomes one."""
    items, usual = LISTS[node.tag], LISTS[node.tag][0]
    found: list[Node] = []
    for child in node.children:
        if isinstance(child, Element) and child.tag == "div" and node.tag == "dl":
            found += _items(Element("dl", {}, child.children), charts)
        elif isinstance(child, Element) and child.tag in items:
            found += _settled(child, charts)
        elif not _is_blank(child):
            found += _settled(Element(usual, {}, [child]), charts)
    return found


def _chart(node: Element, charts: Charts) -> list[Node]:
    """The chart of this place, once: others who name its number get nothing."""
    drawn = charts.pop(int(node.attributes[PLACE]), None)
    return [] if drawn is None else [Drawn(drawn)]


def _words(nodes: Sequence[Node]) -> list[Node]:
    """Inline content alone: a block within gives its words."""
    found: list[Node] = []
    for node in nodes:
        if isinstance(node, Element) and node.tag in BLOCKS | PARTS and node.tag != "hr":
            found += [*_words(node.children), " "]
        elif isinstance(node, Element) and node.tag not in VOID:
            node.children = _words(node.children)
            found += node.children if _says_nothing(node) else _filled(node)
        elif not isinstance(node, Element) or node.tag == "br" or node.attributes.get("src"):
            found.append(node)
    return found


def _says_nothing(node: Element) -> bool:
    """A span or an anchor without a meaning of its own."""
    own = set(node.attributes) - {"rel"}
    return (node.tag == "span" and not own) or (node.tag == "a" and "href" not in own)


def _is_block(node: Node) -> bool:
    return isinstance(node, Drawn) or (isinstance(node, Element) and node.tag in BLOCKS | PARTS)


def _is_blank(node: Node) -> bool:
    return isinstance(node, str) and not node.strip()


def _filled(node: Element) -> list[Node]:
    """Nothing when it shows nothing; an empty cell keeps its place."""
    if node.tag in {"td", "th", "tr"} and (node.tag != "tr" or node.children):
        return [node]
    shows = any(isinstance(child, (Element, Drawn)) or child.strip() for child in node.children)
    if not shows and node.tag in BLOCKS | PARTS:
        return []
    return [node] if node.children else []


def _pushed_down(node: Element) -> list[Node]:
    """The blocks that an inline element held, each with that element inside it."""
    found: list[Node] = []
    for child in node.children:
        if not _is_block(child):
            found.append(Element(node.tag, dict(node.attributes), [child]))
        elif isinstance(child, Element) and child.tag in BOXES:
            child.children = [Element(node.tag, dict(node.attributes), child.children)]
            found.append(child)
        else:
            found.append(child)
    return [item for item in found if not (isinstance(item, Element) and item.children == [" "])]


def _in_paragraphs(nodes: Sequence[Node]) -> list[Node]:
    found: list[Node] = []
    run: list[Node] = []

    def end_run() -> None:
        while run and (_is_blank(run[-1]) or _is_break(run[-1])):
            run.pop()
        if run:
            found.append(Element("p", {}, list(run)))
        run.clear()

    for node in nodes:
        if _is_block(node):
            end_run()
            found.append(node)
        elif run or not (_is_blank(node) or _is_break(node)):
            run.append(node)
    end_run()
    return found


def _is_break(node: Node) -> bool:
    return isinstance(node, Element) and node.tag == "br"


# Title, headings, sections, ids, tables


def _titled(nodes: list[Node]) -> tuple[str, str, list[Node]]:
    """The first heading and paragraph as plain words. What stood at the very top and is told in
    full by them is taken out of the article: the page shows it above.
    """
    heading = next((item for item in _everywhere(nodes) if item.tag in HEADINGS), None)
    title = shortened(text_of(heading), TITLE_LENGTH) if heading else ""
    rest = nodes[1:] if nodes and nodes[0] is heading and text_of(heading) == title else nodes
    paragraph = next((item for item in _everywhere(rest) if item.tag == "p"), None)
    summary = shortened(text_of(paragraph), SUMMARY_LENGTH) if paragraph else ""
    plain = paragraph is not None and not any(
        item.tag in {"a", "img"} for item in _everywhere([paragraph])
    )
    if rest and rest[0] is paragraph and plain and text_of(paragraph) == summary and len(rest) > 1:
        rest = rest[1:]
    return title, summary, rest


def shortened(text: str, most: int) -> str:
    """At most so many characters, cut after a word."""
    if len(text) <= most:
        return text
    return text[: most - 1].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"


def _demote(nodes: Sequence[Node]) -> None:
    """The levels in use become h2, h3 and so on, in their order: the page has its h1."""
    headings = [item for item in _everywhere(nodes) if item.tag in HEADINGS]
    levels = sorted({item.tag for item in headings})
    for item in headings:
        item.tag = f"h{min(levels.index(item.tag) + 2, 6)}"


def _identify(nodes: Sequence[Node]) -> None:
    """Ids below our prefix, each once; links within the article follow them."""
    taken: set[str] = set()
    for item in _everywhere(nodes):
        own = _own_id(item.attributes.pop("id", ""))
        if own and own not in taken:
            taken.add(own)
            item.attributes["id"] = own
    for item in _everywhere(nodes):
        href = item.attributes.get("href", "")
        if href.startswith("#"):
            target = _own_id(href[1:])
            item.attributes.pop("rel", None)
            item.attributes["href"] = f"#{target}" if target in taken else "#main"
    number = 0
    for node in nodes:
        if isinstance(node, Element) and node.tag == "h2" and "id" not in node.attributes:
            number += 1
            while f"{PREFIX}{number}" in taken:
                number += 1
            node.attributes["id"] = f"{PREFIX}{number}"
            taken.add(node.attributes["id"])


def _own_id(name: str) -> str:
    """The same name, cleaned before or not, gives the same id."""
    plain = unicodedata.normalize("NFKD", name.replace("đ", "d").replace("Đ", "d"))
    slug = re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode().lower()).strip("-")
    slug = slug.removeprefix("h-x-").removeprefix(PREFIX)
    return PREFIX + slug[:60].strip("-") if slug else ""


def _sections(nodes: Sequence[Node]) -> list[Node]:
    """A section for each h2 of the article itself, as our own articles have them."""
    found: list[Node] = []
    for node in nodes:
        if isinstance(node, Element) and node.tag == "h2":
            name = node.attributes["id"]
            node.attributes = {"id": f"h-{name}"}
            section = Element("section", {"id": name, "aria-labelledby": f"h-{name}"}, [node])
            found.append(section)
        elif found and isinstance(found[-1], Element) and found[-1].tag == "section":
            found[-1].children.append(node)
        else:
            found.append(node)
    return found


def _wrap_tables(nodes: list[Node], name: str) -> None:
    """Each outermost table in a box that scrolls, by the keyboard too."""
    for at, node in enumerate(nodes):
        if not isinstance(node, Element):
            continue
        if node.tag != "table":
            _wrap_tables(node.children, name)
            continue
        _align(node)
        caption = next((item for item in _everywhere([node]) if item.tag == "caption"), None)
        label = shortened(text_of(caption), 80) if caption else name
        nodes[at] = Element(
            "div",
            {"class": "scroll foreign", "tabindex": "0", "role": "region", "aria-label": label},
            [node],
        )


def _align(table: Element) -> None:
    """Marks the columns of words, which read from their beginning as figures do from their end."""
    rows = [
        [cell for cell in row.children if isinstance(cell, Element)]
        for row in _everywhere([table])
        if row.tag == "tr"
    ]
    if any({"colspan", "rowspan"} & set(cell.attributes) for row in rows for cell in row):
        rows = [[cell] for row in rows for cell in row]
    for column in zip_longest(*rows):
        cells = [cell for cell in column if cell is not None]
        texts = [text_of(cell) for cell in cells if cell.tag == "td"]
        if texts and all(map(_is_words, texts)):
            for cell in cells:
                long = " long" if len(text_of(cell)) > LONG_CELL and cell.tag == "td" else ""
                known = cell.attributes.get("class", "")
                cell.attributes["class"] = f"{known} words{long}".strip()


def _is_words(text: str) -> bool:
    letters = sum(letter.isalpha() for letter in text)
    return letters > len(text) // 2 or not any(letter.isdigit() for letter in text)
