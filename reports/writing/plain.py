"""A stranger's texts and addresses made plain: no markup, nothing invisible, bounded, web alone."""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import quote, urljoin, urlsplit

LONGEST_ADDRESS = 1000
DECOMPOSED = 8  # code points that one composed character is made from, and more
# What hides text or bytes although it counts as printable: selectors of glyph variants, fillers.
HIDDEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]|"
                    "[\U000e0100-\U000e01ef]")  # fmt: skip
BEYOND_UNICODE = re.compile(r"&#x?[0-9a-fA-F]{8,};?")  # too long a number for Python, too
OPENING = re.compile(r"<(?:(?P<comment>!--)|/?(?P<name>[a-zA-Z][\w:-]*)|[!?])")
TAG = re.compile(r"""<[^<>"']*+(?:"[^"]*+"[^<>"']*+|'[^']*+'[^<>"']*+)*+>""")
SILENT = re.compile(r"script|style|template|noscript|iframe|object|svg|math|head|title")
INLINE = re.compile(r"a|abbr|b|cite|code|em|font|i|mark|q|s|small|span|strong|su[bp]|u")
# A name of the public DNS; one that ends in digits is an address in disguise.
HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?")
TRACKING = re.compile(
    r"(utm_|at_|pk_|mtm_)\w+|(fb|g|d|ms|y|tw|tt)clid|[gw]braid|mc_[ce]id|igshid|_g[al]|zarsrc|"
    r"ref_src|ocid|cmpid",
    re.IGNORECASE,
)
PATH_SAFE = "/%:@!$&'()*+,;=~-._"
QUERY_SAFE = PATH_SAFE + "?"


def text_of(markup: str, longest: int) -> str:
    """The text of a piece of HTML, as one plain line."""
    text = BEYOND_UNICODE.sub("\ufffd", _without_tags(markup))
    return plain(html.unescape(text), longest)


def plain(text: str, longest: int) -> str:
    """One line in NFC, without control, format (such as bidi overrides) and invisible characters.

    Cut at a word where it is longer than `longest` characters.
    """
    seen = "".join(char if char.isprintable() else " " if char.isspace() else "" for char in text)
    spaced = " ".join(HIDDEN.sub("", seen).split())
    # cut before as well: putting many accents in order takes quadratic time
    line = unicodedata.normalize("NFC", spaced[: DECOMPOSED * longest])
    if len(line) <= longest:
        return line
    head = line[: longest - 1]
    return f"{head.rpartition(' ')[0] or head}…"


def web_address(link: str, base: str = "") -> str:
    """The address in ASCII, without fragment and tracking parameters; empty when it is none.

    Http and https alone, to a host of the public DNS, without a login.
    """
    if len(link) > 2 * LONGEST_ADDRESS:  # some of it may be tracking
        return ""
    try:
        parts = urlsplit(urljoin(base, link.strip()))
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
        port = f":{parts.port}" if parts.port else ""
        path = quote(parts.path, safe=PATH_SAFE)
        query = quote(_untracked(parts.query), safe=QUERY_SAFE)
    except ValueError:
        return ""
    usable = parts.scheme in {"http", "https"} and "@" not in parts.netloc
    if not usable or len(host) > 253 or not HOST.fullmatch(host):
        return ""
    address = f"{parts.scheme}://{host}{port}{path or '/'}{'?' if query else ''}{query}"
    return address if len(address) <= LONGEST_ADDRESS else ""


def site_of(address: str) -> str:
    """The host of a web address, as readers know it."""
    return (urlsplit(address).hostname or "").removeprefix("www.")


def page_key(address: str) -> str:
    """What two addresses of one page have in common."""
    parts = urlsplit(address)
    site = site_of(address).removeprefix("m.")
    query = "&".join(sorted(parts.query.split("&")))
    return f"{site}{parts.path.rstrip('/')}?{query}"


def _untracked(query: str) -> str:
    fields = query.split("&")
    return "&".join(field for field in fields if not TRACKING.fullmatch(field.partition("=")[0]))


def _without_tags(markup: str) -> str:
    """The markup's text, entities untouched; what follows a tag that never ends is left out."""
    kept, at = [], 0
    while found := OPENING.search(markup, at):
        kept.append(markup[at : found.start()])
        name = (found["name"] or "").lower()
        if not INLINE.fullmatch(name):
            kept.append(" ")
        at = _end_of(markup, found, name)
        if at < 0:
            return "".join(kept)
    return "".join([*kept, markup[at:]])


def _end_of(markup: str, found: re.Match[str], name: str) -> int:
    """Where a tag, comment or silent element ends; -1 when it does not."""
    if found["comment"]:
        return _after(markup, "-->", found.end())
    tag = TAG.match(markup, found.start())
    end = tag.end() if tag else _after(markup, ">", found.end())
    if end < 0 or not SILENT.fullmatch(name) or markup[found.start() + 1] == "/":
        return end
    closing = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(markup, end)
    return closing.end() if closing else -1


def _after(markup: str, mark: str, start: int) -> int:
    at = markup.find(mark, start)
    return at if at < 0 else at + len(mark)
