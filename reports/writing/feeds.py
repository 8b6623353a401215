"""RSS 2.0, RSS 1.0 and Atom, read as what they are: XML from a stranger.

A document type with declarations of its own is refused, so that there are no entities to expand and
none to fetch. Depth, entries and the length of each text are bounded; the body is by the client.
Texts come out plain (`reports.writing.plain`), addresses absolute, times aware.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.parsers import expat

from market.sessions import VIETNAM
from reports.writing.plain import text_of, web_address

DEFAULT_FEEDS = (
    "https://vnexpress.net/rss/kinh-doanh.rss",
    "https://cafef.vn/thi-truong-chung-khoan.rss",
    "https://vneconomy.vn/chung-khoan.rss",
    "https://vietstock.vn/830/chung-khoan/co-phieu.rss",
    "https://www.coindesk.com/arc/outboundfeeds/rss/",
    "https://cointelegraph.com/rss",
)
LONGEST_TITLE = 200
LONGEST_SUMMARY = 300
LONGEST_PART = 8000  # of the markup that a text is made from
MOST_ENTRIES = 200
DEEPEST = 40
EARLIEST_YEAR = 1995

RSS_1 = ("http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/")
DC = "http://purl.org/dc/elements/1.1/"
TERMS = "http://purl.org/dc/terms/"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
ROOTS = {"rss", "feed", "RDF"}
ENTRIES = {"item", "entry"}
TEXTS = {"title", "summary", "content"}
# The parts of an entry that are read, by what they are to us; the first of each counts.
OWN_PARTS = {
    "title": "title",
    "description": "summary",
    "summary": "summary",
    "content": "content",
    "link": "link",
    "guid": "guid",
    "pubDate": "published",
    "published": "published",
    "issued": "published",
    "updated": "updated",
    "modified": "updated",
}
OTHER_PARTS = {
    f"{CONTENT} encoded": "content",
    f"{DC} date": "published",
    f"{TERMS} created": "published",
    f"{TERMS} issued": "published",
    f"{TERMS} modified": "updated",
}

BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
READABLE = re.compile(r"iso-?8859-\d{1,2}|latin-?\d|(windows-|cp)125\d|utf-?16(-?[lb]e)?")
LATIN_1 = {"iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii"}
WEB_PAGE = re.compile(r"\s*<(!doctype\s+html|html)\b", re.IGNORECASE)

ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].+)?")
ZONE = re.compile(r"\b(?:GMT|UTC)\s*([+-])(\d{1,2})(?::?(\d\d))?$")
LOCAL_ZONE = re.compile(r"\b(ICT|SE Asia Standard Time)$")


class FeedError(Exception):
    """A body that is no usable feed; the message is a short sentence and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed; `published` is as the feed says, in UTC, or None."""

    title: str
    summary: str
    url: str
    published: datetime | None


def parse(content: bytes, content_type: str, address: str) -> list[Entry]:
    """The entries with a title and a web address, in the feed's order; raises FeedError.

    `content_type` is the header's, for its charset; `address` is what relative links are joined to.
    """
    text = _decoded(content, content_type)
    if not text.strip():
        raise FeedError("is empty")
    if WEB_PAGE.match(text):
        raise FeedError("is a web page in place of a feed")
    reader = _Reader(address)
    try:
        reader.read(text)
    except _Enough:
        pass
    except expat.ExpatError:
        raise FeedError("is not well-formed XML") from None
    return reader.entries


# Bytes


def _decoded(content: bytes, content_type: str) -> str:
    """The text by its byte order mark, else as UTF-8 where it is that, else as it is declared.

    Servers add a charset that the file never had, so that its own declaration comes first. Broken
    characters cost themselves alone.
    """
    for mark, encoding in BOMS.items():
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" not in text:
        return text
    return content.decode(_declared(content, content_type), "replace")


def _declared(content: bytes, content_type: str) -> str:
    inside = DECLARED.match(content)
    outside = CHARSET.search(content_type)
    names = [inside[1].decode("ascii", "replace") if inside else "", outside[1] if outside else ""]
    for name in (name.lower() for name in names):
        if name in LATIN_1:
            return "windows-1252"  # as browsers take it
        if READABLE.fullmatch(name):
            try:
                return codecs.lookup(name).name
            except LookupError:
                continue
    if content[:4] in {b"<\0?\0", b"\0<\0?"}:
        return "utf-16-le" if content[0] else "utf-16-be"
    return "utf-8"


# XML


class _Enough(Exception):
    """All entries that are wanted have been read."""


@dataclass(slots=True)
class _Draft:
    """An entry while it is read: the depth of its element, and its parts.

    Those that are texts are kept as HTML, the others as they came.
    """

    depth: int
    parts: dict[str, str] = field(default_factory=dict)


class _Reader:
    """Expat's handlers, and what they have read so far."""

    def __init__(self, address: str) -> None:
        self.entries: list[Entry] = []
        self._address = address
        self._seen = 0
        self._depth = 0
        self._own = set(RSS_1)
        self._is_atom = False
        self._draft: _Draft | None = None
        self._part = ""
        self._escape = False  # the part's characters mean themselves, and are no HTML
        self._pieces: list[str] = []
        self._length = 0

    def read(self, text: str) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.SkippedEntityHandler = self._skipped
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.Parse(text, True)

    def _doctype(self, _name: str, _system: str | None, _public: str | None, inside: int) -> None:
        if inside:
            raise FeedError("declares a document type of its own")

    def _entity(self, *_: object) -> None:
        raise FeedError("declares entities of its own")

    def _skipped(self, name: str, is_parameter: bool) -> None:
        """An entity of a document type that is never fetched: HTML's are known without it."""
        if not is_parameter:
            self._characters(html.unescape(f"&{name};"))

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise FeedError("is nested too deeply")
        space, _, local = name.rpartition(" ")
        if self._depth == 1:
            self._root(space, local)
        elif self._part:
            self._append(f"<{local}>")
        elif self._draft is None:
            if local in ENTRIES and space in self._own:
                self._draft = _Draft(self._depth)
        elif self._depth == self._draft.depth + 1:
            own = OWN_PARTS.get(local, "") if space in self._own else ""
            self._open(own or OTHER_PARTS.get(name, ""), self._draft.parts, attributes)

    def _root(self, space: str, local: str) -> None:
        if local not in ROOTS or (local == "RDF") != (space == RDF):
            raise FeedError("is not a feed")
        self._is_atom = local == "feed"
        self._own.add(space)

    def _open(self, part: str, parts: dict[str, str], attributes: Mapping[str, str]) -> None:
        """Begin a part of the entry, unless it is unknown or there already."""
        if part == "link" and "href" in attributes:
            if attributes.get("rel", "alternate") == "alternate":
                parts.setdefault("link", attributes["href"])
        elif part == "guid" and attributes.get("isPermaLink", "true") != "true":
            return
        elif part and not parts.get(part):
            self._part, self._pieces, self._length = part, [], 0
            html_inside = not self._is_atom or attributes.get("type") in {"html", "text/html"}
            self._escape = part in TEXTS and not html_inside

    def _characters(self, text: str) -> None:
        if self._part:
            self._append(html.escape(text) if self._escape else text)

    def _append(self, piece: str) -> None:
        if self._length < LONGEST_PART:
            self._pieces.append(piece[: LONGEST_PART - self._length])
            self._length += len(piece)

    def _end(self, name: str) -> None:
        draft, depth = self._draft, self._depth
        self._depth -= 1
        if draft is None:
            return
        if self._part and depth == draft.depth + 1:
            draft.parts[self._part] = "".join(self._pieces)
            self._part = ""
        elif self._part:
            self._append(f"</{name.rpartition(' ')[2]}>")
        elif depth == draft.depth:
            self._finish(draft.parts)
            self._draft = None

    def _finish(self, parts: Mapping[str, str]) -> None:
        self._seen += 1
        title = text_of(parts.get("title", ""), LONGEST_TITLE)
        url = web_address(parts.get("link", ""), self._address) if parts.get("link") else ""
        url = url or web_address(parts.get("guid", ""))
        if title and url:
            summary = text_of(parts.get("summary") or parts.get("content", ""), LONGEST_SUMMARY)
            published = moment(parts.get("published", "")) or moment(parts.get("updated", ""))
            self.entries.append(Entry(title, summary, url, published))
        if self._seen >= MOST_ENTRIES:
            raise _Enough


# Times


def moment(text: str) -> datetime | None:
    """A date of ISO 8601 or RFC 822 in UTC, Vietnam's where it names no zone; None for others."""
    text = " ".join(text[:100].split())
    try:
        if ISO_DATE.fullmatch(text):
            found = datetime.fromisoformat(text)
        else:
            found = parsedate_to_datetime(_with_offset(text))
        found = (found if found.tzinfo else found.replace(tzinfo=VIETNAM)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    return found if found.year >= EARLIEST_YEAR else None


def _with_offset(text: str) -> str:
    """With the zones that Vietnamese sites write, `GMT+7` and `ICT`, as RFC 822 has them."""
    text = LOCAL_ZONE.sub("+0700", text)
    if text.endswith("-0000"):  # UTC, of somebody who does not tell where they are
        return f"{text[:-5]}+0000"
    return ZONE.sub(lambda zone: f"{zone[1]}{int(zone[2]):02}{zone[3] or '00'}", text)
