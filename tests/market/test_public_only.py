"""A client that asks where a stranger said keeps out of every network that is not public.

Names and connections are replaced in this process: that is the outermost network.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from market.addresses import is_public
from market.http import HttpClient, HttpError, HttpInvalid, HttpUnavailable, _next_place
from tests.upstreams import Reply, Upstreams

PUBLIC = "93.184.215.14"
FEED, NAME = "/feeds/market.rss", "feeds.rss"
INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104
    "10.0.0.8",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.8",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a00:8",
    "64:ff9b:1::5db8:d70e",
    "2002:7f00:1::",
    "2001:0:5db8:d70e::",
    "2001:db8::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
OPEN = [
    PUBLIC,
    "1.1.1.1",
    "172.32.0.1",
    "2606:4700:4700::1111",
    "::ffff:93.184.215.14",
    "64:ff9b::5db8:d70e",
]


class Internet:
    """Names with the addresses that each look-up gives in turn; every host is the stub server."""

    def __init__(self, server: str) -> None:
        self.names: dict[str, list[list[str]]] = {}
        self.connected: list[str] = []
        host, _, port = server.removeprefix("http://").partition(":")
        self.server = (host, int(port))
        self.connect_for_real = socket.socket.connect

    def look_up(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        answers = self.names[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in addresses
        ]

    def connect(self, sock: socket.socket, target: tuple[Any, ...]) -> None:
        self.connected.append(target[0])
        self.connect_for_real(sock, self.server)


@pytest.fixture
def upstreams() -> Iterator[Upstreams]:
    with Upstreams() as running:
        yield running


@pytest.fixture
def internet(upstreams: Upstreams, monkeypatch: pytest.MonkeyPatch) -> Internet:
    made = Internet(upstreams.url)
    monkeypatch.setattr(socket, "getaddrinfo", made.look_up)
    monkeypatch.setattr(socket.socket, "connect", lambda sock, target: made.connect(sock, target))
    return made


@pytest.fixture
def client() -> Iterator[HttpClient]:
    with HttpClient(connect_timeout=1.0, total_timeout=5.0, public_only=True) as opened:
        yield opened


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_a_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OPEN)
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "localhost", "2130706433", "127.1", "0x7f.0.0.1"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_not_connected_to(
    internet: Internet, client: HttpClient, scheme: str, address: str
) -> None:
    internet.names["feed.example"] = [[address]]
    with pytest.raises(HttpInvalid, match="address that is not public"):
        client.page(f"{scheme}://feed.example{FEED}")
    assert internet.connected == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "0", "[::1]",
     "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"],
)  # fmt: skip
def test_an_address_in_disguise_is_seen_through(
    upstreams: Upstreams, client: HttpClient, host: str
) -> None:
    port = upstreams.url.rpartition(":")[2]
    with pytest.raises(HttpError):
        client.page(f"http://{host}:{port}{FEED}")
    assert upstreams.calls == []


def test_a_public_name_is_read(
    internet: Internet, client: HttpClient, upstreams: Upstreams
) -> None:
    internet.names["feed.example"] = [[PUBLIC]]
    page = client.page(f"http://feed.example{FEED}")
    assert b"<rss" in page.content
    assert page.content_type == "application/rss+xml; charset=utf-8"
    assert page.url == f"http://feed.example{FEED}"
    assert internet.connected == [PUBLIC]
    assert upstreams.calls[0].headers["Host"] == "feed.example"


def test_of_a_mixed_answer_the_public_address_alone_is_tried(
    internet: Internet, client: HttpClient
) -> None:
    internet.names["feed.example"] = [["10.0.0.8", "::1", PUBLIC, "127.0.0.1"]]
    client.page(f"http://feed.example{FEED}")
    assert internet.connected == [PUBLIC]


def test_a_name_is_not_looked_up_again_between_the_check_and_the_connection(
    internet: Internet, client: HttpClient
) -> None:
    internet.names["feed.example"] = [[PUBLIC], ["127.0.0.1"]]
    client.page(f"http://feed.example{FEED}")
    assert internet.connected == [PUBLIC]
    assert internet.names["feed.example"] == [["127.0.0.1"]]  # looked up once


def test_a_redirect_to_a_name_that_meanwhile_leads_inside_is_refused(
    internet: Internet, client: HttpClient, upstreams: Upstreams
) -> None:
    internet.names["feed.example"] = [[PUBLIC], ["169.254.169.254"]]
    target = {"Location": f"http://feed.example{FEED}", "Connection": "close"}
    upstreams.script(NAME, Reply(status=302, headers=target))
    with pytest.raises(HttpInvalid, match="address that is not public"):
        client.page(f"http://feed.example{FEED}")
    assert internet.connected == [PUBLIC]


def test_no_proxy_looks_names_up_in_our_place(
    internet: Internet, client: HttpClient, upstreams: Upstreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    internet.names |= {"proxy.example": [[PUBLIC]], "feed.example": [["127.0.0.1"]]}
    with pytest.raises(HttpInvalid, match="address that is not public"):
        client.page(f"http://feed.example{FEED}")
    assert upstreams.calls == []


def test_a_plain_client_reaches_the_network_that_it_is_told_to(upstreams: Upstreams) -> None:
    with HttpClient() as plain:
        assert b"<rss" in plain.page(f"{upstreams.url}{FEED}").content


# Redirects


@pytest.mark.parametrize(
    ("place", "target", "leads_to"),
    [
        ("http://a.example/rss", "/feed", "http://a.example/feed"),
        ("http://a.example/rss", "feed?x=1", "http://a.example/feed?x=1"),
        ("http://a.example/rss", "https://a.example/rss", "https://a.example/rss"),
        ("http://a.example:80/rss", "http://A.EXAMPLE/feed", "http://A.EXAMPLE/feed"),
        ("https://a.example/rss", "//a.example/feed", "https://a.example/feed"),
        ("https://a.example/rss", "http://a.example/rss", ""),
        ("https://a.example/rss", "//b.example/rss", ""),
        ("http://a.example/rss", "http://www.a.example/rss", ""),
        ("http://a.example/rss", "http://a.example:8080/rss", ""),
        ("http://a.example:8080/rss", "https://a.example/rss", ""),
        ("http://a.example/rss", "http://a.example.evil.example/rss", ""),
        ("http://a.example/rss", "http://a.example@evil.example/rss", ""),
        ("http://a.example/rss", "http://user:word@a.example/rss", ""),
        ("http://a.example/rss", "https://a.example:22/rss", ""),
        ("http://a.example/rss", "file:///etc/passwd", ""),
        ("http://a.example/rss", "gopher://a.example/", ""),
    ],
)
def test_a_redirect_stays_on_its_host(place: str, target: str, leads_to: str) -> None:
    response = requests.Response()
    response.status_code = 302
    response.headers["Location"] = target
    if leads_to:
        assert _next_place(place, response) == leads_to
    else:
        with pytest.raises(HttpInvalid, match=r"redirects elsewhere \(status 302\)"):
            _next_place(place, response)


@pytest.mark.parametrize("target", ["http://[", "http://a.example:port/"])
def test_a_redirect_to_no_address_is_an_error_of_ours(upstreams: Upstreams, target: str) -> None:
    upstreams.script(NAME, Reply(status=302, headers={"Location": target}))
    with HttpClient() as plain, pytest.raises(HttpInvalid):
        plain.page(f"{upstreams.url}{FEED}")


def test_two_redirects_are_followed_and_no_third(upstreams: Upstreams) -> None:
    again = Reply(status=301, headers={"Location": FEED})
    with HttpClient() as plain:
        upstreams.script(NAME, again, again)
        assert plain.page(f"{upstreams.url}{FEED}?first").url == f"{upstreams.url}{FEED}"
        upstreams.reset()
        upstreams.always(NAME, again)
        with pytest.raises(HttpInvalid, match="redirects too often"):
            plain.page(f"{upstreams.url}{FEED}")
    assert len(upstreams.calls) == 3


def test_a_page_is_bounded_and_retried_as_json_is(upstreams: Upstreams) -> None:
    upstreams.script(NAME, Reply(status=503), Reply(), Reply(body=b"x" * 5000))
    with HttpClient(max_bytes=3000) as plain:
        assert b"<rss" in plain.page(f"{upstreams.url}{FEED}").content
        with pytest.raises(HttpInvalid, match="larger than 3000 bytes"):
            plain.page(f"{upstreams.url}{FEED}")
    upstreams.always(NAME, Reply(delay=30))
    with HttpClient(total_timeout=0.3) as hasty, pytest.raises(HttpUnavailable, match="timed out"):
        hasty.page(f"{upstreams.url}{FEED}")
