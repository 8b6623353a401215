"""Request heads, read so strictly that whoever reads them after us can read nothing else.

What is not plainly a GET or HEAD without a body is not for us to understand: the bytes go on to the
server behind, as they came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from marketsite.negotiation import encoding_for

LONGEST = 8192
REQUEST = re.compile(rb"(GET|HEAD) (/[!-~]*) HTTP/1\.1")
FIELD = re.compile(rb"([A-Za-z0-9-]+):[ \t]*([ -~\t\x80-\xff]*)")
PATH = re.compile(r"[A-Za-z0-9/._-]+")  # spelled as pages are: nothing encoded, no query
HOST = re.compile(r"([a-z0-9.-]+|\[[a-f0-9:.]+\])(?::[0-9]+)?")  # as Django reads it
# A body, or another protocol: the server behind must see to it from here on.
NOT_OURS = frozenset(
    {b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"te", b"trailer"}
    | {b"proxy-connection", b"http2-settings", b"x-edge-fill"}
)
SINGLE = frozenset({b"host", b"if-none-match", b"x-forwarded-proto", b"accept-encoding"})
SESSION = b"sessionid="  # SESSION_COOKIE_NAME: this process knows no Django


@dataclass(frozen=True, slots=True)
class Head:
    """A request without a body. `key` names the page that it may be answered with from memory:
    empty where the server behind must be asked.
    """

    is_head: bool
    key: str
    path: str
    host: str
    scheme: str
    encoding: str
    tags: str
    keeps: bool


def parse(data: bytes) -> Head | None:
    """The request when these bytes are exactly one and nothing else; None otherwise."""
    if len(data) > LONGEST or not data.endswith(b"\r\n\r\n"):
        return None
    first, *lines = data[:-4].split(b"\r\n")
    request = REQUEST.fullmatch(first)
    fields = _fields(lines)
    if request is None or fields is None or not fields.get(b"host"):
        return None
    connection = fields.get(b"connection", b"keep-alive").lower()
    if connection not in {b"keep-alive", b"close"}:
        return None
    path, host, scheme, tags, accepted = (
        value.decode("latin-1")
        for value in (
            request[2],
            fields[b"host"],
            fields.get(b"x-forwarded-proto", b""),
            fields.get(b"if-none-match", b""),
            fields.get(b"accept-encoding", b""),
        )
    )
    encoding = encoding_for(accepted)
    plain = PATH.fullmatch(path) and scheme in {"", "http", "https"} and encoding != "zstd"
    named = HOST.fullmatch(host.lower())
    alone = SESSION not in fields.get(b"cookie", b"") and connection == b"keep-alive"
    return Head(
        is_head=request[1] == b"HEAD",
        # without the port: strangers may write any, and no page depends on it
        key=f"{scheme} {named[1]} {path}" if plain and named and alone else "",
        path=path,
        host=host,
        scheme=scheme,
        encoding=encoding,
        tags=tags,
        keeps=connection == b"keep-alive",
    )


def _fields(lines: list[bytes]) -> dict[bytes, bytes] | None:
    """The header fields by their lower-case names; None when one of them is not for us."""
    found: dict[bytes, bytes] = {}
    for line in lines:
        match = FIELD.fullmatch(line)
        if match is None:
            return None
        name = match[1].lower()
        if name in NOT_OURS or (name in found and (name in SINGLE or name == b"connection")):
            return None
        found[name] = found[name] + b"; " + match[2] if name in found else match[2].rstrip()
    return found


def body_length(head: bytes, is_head: bool) -> int | None:
    """How many bytes follow the head of an answer; None when it does not say so plainly."""
    first, *lines = head.split(b"\r\n")
    status = first[9:12]
    if not first.startswith(b"HTTP/1.1 ") or status.startswith(b"1"):
        return None
    parts = [line.partition(b":") for line in lines]
    fields = {name.strip().lower(): value.strip() for name, _, value in parts}
    if b"transfer-encoding" in fields or fields.get(b"connection", b"").lower() == b"close":
        return None
    if is_head or status in {b"204", b"304"}:
        return 0
    length = fields.get(b"content-length", b"")
    return int(length) if length.isdigit() and len(length) < 16 else None
