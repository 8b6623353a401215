"""A page as ready bytes, once for each encoding, with the headers that go with them."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import brotli

from marketsite.freshness import Version
from marketsite.negotiation import IDENTITY

Headers = list[tuple[str, str]]

READY = ("br", "gzip")  # made with the page; zstd when somebody first prefers it
# More takes ten times as long for one byte in a hundred, and it is done at each change.
BROTLI_QUALITY = 5
GZIP_LEVEL = 6
ZSTD_LEVEL = 6
OVERHEAD = 4096  # of a page and its headers, in bytes of memory, roughly
COMPRESSIBLE = re.compile(r"text/|application/(?:[a-z.+-]*(?:xml|json)\b|javascript)|image/svg")
REPLACED = frozenset({"content-length", "content-encoding", "etag", "vary", "cache-control"})
# A browser asks each time, which a 304 answers. A shared cache may be half a minute behind.
CACHE_CONTROL = "public, max-age=0, s-maxage=5, stale-while-revalidate=25"


@dataclass(frozen=True, slots=True)
class Variant:
    """One encoding's body (none for HEAD and 304 is sent from the same), and its headers."""

    etag: str
    headers: Headers
    not_modified: Headers
    body: list[bytes]


@dataclass(slots=True)
class Page:
    """What is sent for one address while `version` is current and `expires` has not come."""

    group: int
    version: Version
    expires: float
    digest: str
    headers: Headers
    variants: dict[str, Variant]
    used: float = 0.0
    size: int = field(init=False)

    def __post_init__(self) -> None:
        bodies = sum(len(variant.body[0]) for variant in self.variants.values())
        self.size = bodies + OVERHEAD

    def variant(self, encoding: str) -> Variant:
        """The variant of this encoding, or as it is where it was not compressed."""
        found = self.variants.get(encoding)
        if found is None and encoding == "zstd" and "gzip" in self.variants:
            found = _variant(self.headers, self.digest, encoding, self.body)
            self.variants[encoding] = found
            self.size += len(found.body[0])
        return found or self.variants[IDENTITY]

    @property
    def body(self) -> bytes:
        return self.variants[IDENTITY].body[0]


def digest_of(headers: Headers, body: bytes) -> str:
    """Equal for what is equal to a reader: the entity tags are made of it."""
    made = hashlib.sha256(body)
    made.update(repr(headers).encode())
    return made.hexdigest()[:32]


def variants_of(headers: Headers, digest: str, body: bytes) -> dict[str, Variant]:
    """The page in each encoding that is made beforehand, where that is worth it."""
    found = {IDENTITY: _variant(headers, digest, IDENTITY, body)}
    if COMPRESSIBLE.match(_value(headers, "content-type")):
        for encoding in READY:
            found[encoding] = _variant(headers, digest, encoding, body)
    return found


def kept_headers(headers: Iterable[tuple[str, str]]) -> Headers:
    """Django's headers without those that differ by encoding, and what caches are told."""
    given = list(headers)
    control = _value(given, "cache-control") or CACHE_CONTROL
    kept = [(name, value) for name, value in given if name.lower() not in REPLACED]
    if COMPRESSIBLE.match(_value(given, "content-type")):
        kept.append(("Vary", "Accept-Encoding"))
    return [*kept, ("Cache-Control", control)]


def may_be_kept(status: str, headers: Iterable[tuple[str, str]]) -> bool:
    """Whether Django's answer is the same for everyone: no cookie, no word against it, no nonce."""
    given = list(headers)
    control = _value(given, "cache-control").lower()
    vary = {name.strip().lower() for name in _value(given, "vary").split(",")}
    return (
        status.startswith("200 ")
        and not _value(given, "set-cookie")
        and not _value(given, "content-encoding")
        and vary <= {"", "accept-encoding"}
        and not re.search(r"no-store|no-cache|private", control)
        and "'nonce-" not in _value(given, "content-security-policy")
    )


def packed(page: Page) -> list[bytes]:
    """The page for `marketsite.front`: a line of JSON, and then the bodies one after the other."""
    variants = dict(page.variants)  # another thread may add one
    told = {
        "group": page.group,
        "version": page.version.name,
        "seconds": page.expires - time.monotonic(),
        "variants": {
            encoding: [variant.etag, variant.headers, variant.not_modified, len(variant.body[0])]
            for encoding, variant in variants.items()
        },
    }
    bodies = [variant.body[0] for variant in variants.values()]
    return [json.dumps(told).encode() + b"\n", *bodies]


def _variant(headers: Headers, digest: str, encoding: str, body: bytes) -> Variant:
    suffix = "" if encoding == IDENTITY else f"-{encoding}"
    sent = _compressed(encoding, body)
    etag = ("ETag", f'"{digest}{suffix}"')
    coded = [] if encoding == IDENTITY else [("Content-Encoding", encoding)]
    length = ("Content-Length", str(len(sent)))
    told = [item for item in headers if item[0].lower() not in {"content-type", "content-language"}]
    return Variant(
        etag=etag[1],
        headers=[*headers, etag, *coded, length],
        not_modified=[*told, etag],
        body=[sent],
    )


def _compressed(encoding: str, body: bytes) -> bytes:
    match encoding:
        case "br":
            packed_up: bytes = brotli.compress(body, quality=BROTLI_QUALITY)
            return packed_up
        case "gzip":
            return gzip.compress(body, GZIP_LEVEL, mtime=0)
        case "zstd":
            import zstandard  # seldom wanted: browsers that know it know br too

            return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(body)
    return body


def _value(headers: Iterable[tuple[str, str]], name: str) -> str:
    return ", ".join(value for key, value in headers if key.lower() == name)
