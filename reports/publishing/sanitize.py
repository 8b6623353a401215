"""The one policy for HTML that somebody else wrote: what an import brings, and what editors type.

`clean` is applied once, on save; pages show its result as it is. The markup is parsed by nh3 as
browsers parse it, everything that is not listed here falls away, and what is left is set out anew
by `foreign.py` in the order of our own articles. Cleaning twice changes nothing.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import nh3

from reports.publishing import foreign, foreign_charts
from reports.publishing.foreign_chart_data import ChartError

MAX_BYTES = 1_000_000
MAX_OPEN = 400  # elements open at once; parsing takes the square of their number
ELEMENT = 60  # bytes of one, without its attributes, roughly
MAX_REPEATED = 16 * MAX_BYTES  # of elements that are made anew in each block, roughly
MAX_IMAGE = 120_000  # characters of an image in its address
MAX_ADDRESS = 2000  # characters of a link's
MAX_CHARTS = 40
LINK_REL = "nofollow noopener"

INLINE = foreign.named(
    "a abbr b br cite code del dfn em i img ins kbd mark q s samp small span strong sub sup time u"
    " var"
)
TAGS = INLINE | foreign.named(
    "blockquote caption dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre"
    " section summary table tbody td tfoot th thead tr ul"
)
# What only groups: it goes without a loss.
FRAMES = foreign.named("article aside body center font footer head header html main nav")
# Removed with everything inside: what is code, or makes no sense without it.
WITH_CONTENT = foreign.named(
    "script style svg math template iframe object embed noscript noembed noframes canvas video"
    " audio select textarea title"
)
DIRECTIONS = {"up", "down", "flat"}
CLASSES = {
    **dict.fromkeys(("span", "strong", "b", "em", "td", "th", "li"), DIRECTIONS),
    "p": {"unshown"} | DIRECTIONS,
}
ATTRIBUTES = {
    **{tag: {"lang"} for tag in INLINE},
    **{tag: {"id", "lang"} for tag in TAGS - INLINE},
    "a": {"href", "lang"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "id", "lang"},
    "th": {"colspan", "rowspan", "scope", "id", "lang"},
    "ol": {"start", "id", "lang"},
    "time": {"datetime", "lang"},
    "abbr": {"title", "lang"},
    "figure": {"id", "lang", foreign.PLACE},
}
ADDRESS = re.compile(r"https?://[^/\\]|mailto:[^\s]|/(?![/\\])|#")
IMAGE = re.compile(r"data:image/(?:png|jpeg|webp);base64,([a-zA-Z0-9+/=]+)")
STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
VALUES = {
    "lang": re.compile(r"[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8}){0,3}"),
    "width": re.compile(r"[1-9][0-9]{0,3}"),
    "height": re.compile(r"[1-9][0-9]{0,3}"),
    "colspan": re.compile(r"[1-9][0-9]?"),
    "rowspan": re.compile(r"[1-9][0-9]?"),
    "start": re.compile(r"[0-9]{1,4}"),
    "scope": re.compile(r"row|col|rowgroup|colgroup"),
    "datetime": re.compile(r"[0-9A-Za-z:+. -]{1,40}"),
    "title": re.compile(r".{1,200}", re.DOTALL),
    "alt": re.compile(r".{0,400}", re.DOTALL),
    "id": re.compile(r".{1,100}", re.DOTALL),
    foreign.PLACE: re.compile(r"[0-9]{1,2}"),
}

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
# A comment, or a tag with its attributes, as browsers part them; never looks back.
_TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(/?)([a-zA-Z][^ \t\n\f\r/>]*+)"
    r"(?:[ \t\n\f\r/]++|(?:=[^ \t\n\f\r/>=]*+|[^ \t\n\f\r/>=]++)"
    r"(?:[ \t\n\f\r]*+=[ \t\n\f\r]*+(?:\"[^\"]*+\"|'[^']*+'|[^ \t\n\f\r>\"'][^ \t\n\f\r>]*+))?+"
    r")*+",
    re.DOTALL,
)
_HANDLER = re.compile(r"[\s\"'/](on[a-z]{3,20}|style)\s*=", re.IGNORECASE)
_LINK = re.compile(r"<a\s[^<>]{0,400}?\bhref\s*=", re.IGNORECASE)
_MARKER = re.compile(r"<!--\s*CHART_DATA\s*:")
# While one is open, a parser makes it anew, with its attributes, in each block that follows; and
# `foreign.py` does so with every inline element.
_FORMATTING = foreign.named("a b big code em font i nobr s small strike strong tt u")
_CODE = foreign.named("script style textarea title xmp iframe noembed noframes noscript plaintext")
_VOID = foreign.named("area base br col embed hr img input link meta param source track wbr")
_CLOSE_THEMSELVES = foreign.named("p li dt dd tr td th thead tbody tfoot option optgroup")


class ForeignHtmlError(ValueError):
    """HTML that is refused as a whole."""


class TooLargeError(ForeignHtmlError):
    def __init__(self, size: int) -> None:
        super().__init__(f"the HTML has {size:,} bytes, at most {MAX_BYTES:,} are taken")


class TooDeepError(ForeignHtmlError):
    def __init__(self) -> None:
        super().__init__(f"the HTML leaves more than {MAX_OPEN} elements open inside each other")


class TooTangledError(ForeignHtmlError):
    def __init__(self) -> None:
        super().__init__("the HTML leaves elements open that would be repeated in too many blocks")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was kept, and what an editor should know of the rest.

    `removed` counts by name: tags, attributes, and `link` and `image` for refused addresses.
    `faults` say which charts could not be shown, and why.
    """

    html: str
    title: str = ""
    summary: str = ""
    removed: Counter[str] = field(default_factory=Counter)
    faults: tuple[str, ...] = ()


def clean(html: str, language: str = "vi", take_title: bool = False) -> Cleaned:
    """The HTML as pages may show it, with a report of what went. Raises ForeignHtmlError.

    `take_title` takes the leading heading out of the article as its title, and its first paragraph
    as the summary.
    """
    _check_size(html)
    text, markers = _without_charts(html.replace("\0", ""))
    removed = _check_tags(text)
    charts, faults = _drawn(markers, language)
    kept = nh3.clean(
        text,
        tags=set(TAGS),
        clean_content_tags=set(WITH_CONTENT),
        attributes=ATTRIBUTES,
        attribute_filter=lambda _tag, name, value: _kept(name, value, removed),
        allowed_classes=CLASSES,
        link_rel=LINK_REL,
        url_schemes={"http", "https", "mailto", "data"},  # data: for images alone, see `_kept`
    )
    article = foreign.arrange(kept, charts, language, take_title)
    _check_size(article.html, 4 * MAX_BYTES)
    return Cleaned(article.html, article.title, article.summary, +removed, faults)


def editable(html: str) -> str:
    """A cleaned text as its editor typed it: each chart is its marker alone."""
    text, markers = _without_charts(html)
    for number, marker in enumerate(markers):
        text = text.replace(_place(number), f"<!-- CHART_DATA: {marker.strip()} -->\n")
    return text


def _check_size(html: str, most: int = MAX_BYTES) -> None:
    size = len(html.encode(errors="replace"))
    if size > most:
        raise TooLargeError(size)


def _check_tags(html: str) -> Counter[str]:
    """Counts the tags and attributes that will go; raises ForeignHtmlError for what would take a
    parser minutes or all memory. Takes one pass.
    """
    found, at = _Open(), 0
    while match := _TOKEN.search(html, at):
        start, at = match.start(), match.end()
        if match[2]:
            found.take(match[1], match[2], at - start)
            start, at = match.end(2), at if match[1] else _end_of_code(html, match[2], at)
        inside = html[start:at]
        if "<" in inside[1:]:
            # no tags, if our reading is the parser's: they may open elements here, but close none
            sealed = found.sealed()
            for tag in _TAG.finditer(inside):
                found.take(tag[1], tag[2], 0, sealed)
    removed = found.removed
    removed.update(match[1].lower() for match in _HANDLER.finditer(html))
    removed["link"] = len(_LINK.findall(html))  # less each one that passes
    return removed


def _end_of_code(html: str, name: str, start: int) -> int:
    """Where the text of an element ends in which browsers read no tags; else `start`."""
    if name.lower() not in _CODE:
        return start
    end = re.compile(f"</{name}", re.IGNORECASE).search(html, start)
    return end.start() if end else len(html)


class _Open:
    """The elements that are open so far, and what a parser would make of them again."""

    def __init__(self) -> None:
        self.removed: Counter[str] = Counter()
        self._sizes: dict[str, list[int]] = {}
        self._depth = self._again = self._repeated = 0

    def take(
        self, slash: str, name: str, size: int, sealed: Mapping[str, int] | None = None
    ) -> None:
        """A tag; raises ForeignHtmlError."""
        tag = name.lower()
        self._repeated += self._again
        if self._repeated > MAX_REPEATED:
            raise TooTangledError
        if slash:
            self._close(tag, (sealed or {}).get(tag, 0))
            return
        if tag not in TAGS and tag not in FRAMES:
            self.removed[tag[:40]] += 1
        if tag not in _VOID and tag not in _CLOSE_THEMSELVES:
            self._open(tag, ELEMENT + size if tag in _FORMATTING else ELEMENT)

    def sealed(self) -> dict[str, int]:
        """How many of each are open."""
        return {tag: len(sizes) for tag, sizes in self._sizes.items()}

    def _open(self, tag: str, size: int) -> None:
        self._sizes.setdefault(tag, []).append(size)
        self._depth += 1
        if self._depth > MAX_OPEN:
            raise TooDeepError
        if tag in INLINE or tag in _FORMATTING:
            self._again += size

    def _close(self, tag: str, least: int) -> None:
        sizes = self._sizes.get(tag, [])
        if len(sizes) <= least:
            return
        self._depth -= 1
        size = sizes.pop()
        if tag in INLINE or tag in _FORMATTING:
            self._again -= size
        if not sizes:
            del self._sizes[tag]


def _kept(name: str, value: str, removed: Counter[str]) -> str | None:
    """An attribute's value, or None when it does not pass."""
    if name == "href":
        # browsers drop these characters before they read the scheme
        address = re.sub(r"[\x00-\x20]", "", value)
        if len(address) > MAX_ADDRESS or not ADDRESS.match(address.lower()):
            return None
        removed["link"] -= 1
        return address
    if name == "src":
        address = re.sub(r"\s", "", value)
        if _is_image(address):
            return address
        removed["image"] += 1
        return None
    if name in {"class", "rel"}:  # nh3's own rules hold
        return value
    pattern = VALUES.get(name)
    return value if pattern and pattern.fullmatch(value) else None


def _is_image(address: str) -> bool:
    """A small PNG, JPEG or WebP within the address itself: no page of ours asks another host."""
    match = IMAGE.fullmatch(address)
    if match is None or len(address) > MAX_IMAGE:
        return False
    try:
        return base64.b64decode(match[1], validate=True).startswith(STARTS)
    except binascii.Error:
        return False


def _place(number: int) -> str:
    return f'<figure {foreign.PLACE}="{number}"></figure>'


def _without_charts(html: str) -> tuple[str, list[str]]:
    """The text with a numbered place for each chart, and their data.

    A chart that we drew after its marker goes: it is drawn anew.
    """
    parts: list[str] = []
    markers: list[str] = []
    end = 0
    while match := _MARKER.search(html, end):
        close = html.find("-->", match.end())
        if close < 0:
            break
        parts += [html[end : match.start()], _place(len(markers)) if _room(markers) else ""]
        if _room(markers):
            markers.append(html[match.end() : close])
        end = foreign_charts.after_drawing(html, close + 3)
    return "".join([*parts, html[end:]]), markers


def _room(markers: Sequence[str]) -> bool:
    return len(markers) < MAX_CHARTS


def _drawn(markers: Sequence[str], language: str) -> tuple[list[str], tuple[str, ...]]:
    """The charts as HTML, with a note in the place of one that cannot be drawn, and the reasons."""
    drawn: list[str] = []
    faults: list[str] = []
    for number, marker in enumerate(markers, start=1):
        try:
            drawn.append(foreign_charts.draw(marker, language))
        except ChartError as error:
            drawn.append(foreign_charts.unshown(language))
            faults.append(f"chart {number}: {error}")
    return drawn, tuple(faults)
