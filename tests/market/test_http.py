"""The bounded client against a real server that misbehaves in every way we know."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal

import psutil
import pytest

from market.connections import connect
from market.http import (
    HttpClient,
    HttpError,
    HttpInvalid,
    HttpRefused,
    HttpUnavailable,
)
from tests.upstreams import Reply, Upstreams

PRICES = "/v4/vnmarket_prices"
NAME = "vndirect.quotes"


@pytest.fixture
def upstreams() -> Iterator[Upstreams]:
    with Upstreams() as running:
        yield running


@pytest.fixture
def client() -> Iterator[HttpClient]:
    with HttpClient(connect_timeout=1.0, total_timeout=5.0) as opened:
        yield opened


def ask(client: HttpClient, upstreams: Upstreams) -> object:
    return client.json("GET", f"{upstreams.url}{PRICES}")


@contextmanager
def raw_server(head: bytes, drip: float = 0.0) -> Iterator[str]:
    """A server that sends `head`, then a byte every `drip` seconds until the client leaves."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stopped = threading.Event()

        def serve() -> None:
            try:
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(65_536)
                        connection.sendall(head)
                        while drip and not stopped.wait(drip):
                            connection.sendall(b"1")
            except OSError:
                return  # the client or the test is done

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def test_numbers_keep_their_written_precision(client: HttpClient, upstreams: Upstreams) -> None:
    upstreams.script(NAME, Reply(body=b'{"price": 1768.120, "volume": 783548119}'))
    assert ask(client, upstreams) == {"price": Decimal("1768.120"), "volume": 783_548_119}


def test_a_post_sends_json_and_our_headers(client: HttpClient, upstreams: Upstreams) -> None:
    url = f"{upstreams.url}/api/price/marketIndex/getList"
    body = {"symbols": ["VN30"], "of": "chỉ số"}
    client.json("POST", url, body=body, headers={"User-Agent": "Marketsite/test"})
    (call,) = upstreams.calls_to("vietcap.quotes")
    assert call.json() == body
    assert "chỉ số".encode() in call.body
    assert call.headers["User-Agent"] == "Marketsite/test"
    assert call.headers["Content-Type"] == "application/json"


def test_parameters_are_encoded_into_the_query(client: HttpClient, upstreams: Upstreams) -> None:
    client.json("GET", f"{upstreams.url}{PRICES}", params={"q": "code:VN30~date:2026-08-21"})
    assert upstreams.calls[0].query == {"q": "code:VN30~date:2026-08-21"}


def test_no_cookie_is_kept_or_sent_back(client: HttpClient, upstreams: Upstreams) -> None:
    visitor = {"Set-Cookie": "visitor=8f2c; Path=/; Max-Age=31536000"}
    upstreams.always(NAME, Reply(body=b"[1]", headers=visitor))
    for _ in range(2):
        assert ask(client, upstreams) == [1]
    client.page(f"{upstreams.url}{PRICES}")
    client.exchange("POST", f"{upstreams.url}{PRICES}", {})
    assert len(upstreams.calls) == 4
    assert not any("Cookie" in call.headers for call in upstreams.calls)


@pytest.mark.parametrize(
    ("reply", "kind", "reason"),
    [
        (Reply(fixture="vietcap/error_403_waf_html.json"), HttpRefused, "refused with status 403"),
        (Reply(fixture="vndirect/error_429.json"), HttpRefused, "refused with status 429"),
        (Reply(status=401), HttpRefused, "refused with status 401"),
        (Reply(status=402), HttpRefused, "refused with status 402"),
        (Reply(status=418), HttpRefused, "refused with status 418"),
        (Reply(status=451), HttpRefused, "refused with status 451"),
        (Reply(fixture="vietcap/error_503.json"), HttpUnavailable, "answered with status 503"),
        (Reply(fixture="vietcap/error_400.json"), HttpInvalid, "answered with status 400"),
        (Reply(status=404), HttpInvalid, "answered with status 404"),
        (Reply(status=204), HttpInvalid, "answered with status 204"),
        (Reply(body="<!DOCTYPE html><html>"), HttpInvalid, "web page in place of data"),
        (Reply(body=b"\xef\xbb\xbf \r\n<html>"), HttpInvalid, "web page in place of data"),
        (Reply(body=""), HttpInvalid, "answered with nothing"),
        (Reply(body=b" \n"), HttpInvalid, "answered with nothing"),
        (Reply(body=b'[{"price": 17'), HttpInvalid, "not JSON"),
        (Reply(body=b'{"price": NaN}'), HttpInvalid, "not JSON"),
        (Reply(body=b'{"price": -Infinity}'), HttpInvalid, "not JSON"),
        (Reply(body=b"[1e99999999999999999999]"), HttpInvalid, "not JSON"),
        (Reply(body=b"[1" + b"0" * 5000 + b"]"), HttpInvalid, "not JSON"),
        (Reply(body=b"[" * 100_000), HttpInvalid, "not JSON"),
        (Reply(body='{"name": "Chỉ số"}'.encode("utf-16-le")[:-1]), HttpInvalid, "not JSON"),
        (Reply(cut=True), HttpUnavailable, "cut the connection"),
        (Reply(body=b"[" + b"1," * 5000, cut=True), HttpUnavailable, "cut the connection"),
        (
            Reply(body=b"no gzip", headers={"Content-Encoding": "gzip"}),
            HttpUnavailable,
            "cannot be decoded",
        ),
    ],
)
def test_each_bad_answer_has_its_kind_and_reason(
    client: HttpClient, upstreams: Upstreams, reply: Reply, kind: type[HttpError], reason: str
) -> None:
    upstreams.always(NAME, reply)
    with pytest.raises(HttpError, match=reason) as caught:
        ask(client, upstreams)
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        (" 5 ", 5.0),
        ("99999999", 86_400.0),
        ("soon", None),
        ("-1", None),
        ("", None),
        ("Fri, 21 Aug 2026 08:00:00 GMT", None),
    ],
)
def test_a_refusal_says_when_to_come_back(
    client: HttpClient, upstreams: Upstreams, header: str, seconds: float | None
) -> None:
    upstreams.script(NAME, Reply(status=429, headers={"Retry-After": header}))
    with pytest.raises(HttpRefused) as caught:
        ask(client, upstreams)
    assert caught.value.retry_after == seconds


def test_a_server_error_is_retried_once(client: HttpClient, upstreams: Upstreams) -> None:
    upstreams.script(NAME, Reply(status=503), Reply(body=b"[1]"))
    assert ask(client, upstreams) == [1]
    assert len(upstreams.calls) == 2


def test_a_cut_connection_is_retried_once(client: HttpClient, upstreams: Upstreams) -> None:
    upstreams.script(NAME, Reply(cut=True), Reply(body=b"[1]"))
    assert ask(client, upstreams) == [1]


def test_no_more_than_one_retry_is_made(client: HttpClient, upstreams: Upstreams) -> None:
    upstreams.always(NAME, Reply(status=503))
    with pytest.raises(HttpUnavailable):
        ask(client, upstreams)
    assert len(upstreams.calls) == 2


@pytest.mark.parametrize("status", [400, 403, 404, 429, 302])
def test_a_refusal_is_never_repeated(client: HttpClient, upstreams: Upstreams, status: int) -> None:
    upstreams.always(NAME, Reply(status=status))
    with pytest.raises(HttpError):
        ask(client, upstreams)
    assert len(upstreams.calls) == 1


def test_a_redirect_is_not_followed(client: HttpClient, upstreams: Upstreams) -> None:
    with Upstreams() as elsewhere:
        target = {"Location": f"{elsewhere.url}{PRICES}"}
        upstreams.script(NAME, Reply(status=302, headers=target))
        with pytest.raises(HttpInvalid, match="redirects elsewhere"):
            ask(client, upstreams)
        assert elsewhere.calls == []


def test_a_body_beyond_the_cap_is_refused(upstreams: Upstreams) -> None:
    upstreams.script(NAME, Reply(body=b'"' + b"x" * 5000 + b'"'))
    with (
        HttpClient(max_bytes=1000) as client,
        pytest.raises(HttpInvalid, match="larger than 1000 bytes"),
    ):
        ask(client, upstreams)


def test_a_body_at_the_cap_is_taken(upstreams: Upstreams) -> None:
    upstreams.script(NAME, Reply(body=b'"' + b"x" * 998 + b'"'))
    with HttpClient(max_bytes=1000) as client:
        assert ask(client, upstreams) == "x" * 998


def test_the_cap_counts_what_a_compressed_body_unpacks_to(
    client: HttpClient, upstreams: Upstreams
) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    upstreams.script(NAME, Reply(body=bomb, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(HttpInvalid, match="larger than 2000000 bytes"):
        ask(client, upstreams)


def test_a_compressed_answer_is_read(client: HttpClient, upstreams: Upstreams) -> None:
    packed = gzip.compress(json.dumps({"price": "Chỉ số"}).encode())
    upstreams.script(NAME, Reply(body=packed, headers={"Content-Encoding": "gzip"}))
    assert ask(client, upstreams) == {"price": "Chỉ số"}


def test_a_late_answer_times_out_and_is_not_asked_again(upstreams: Upstreams) -> None:
    upstreams.always(NAME, Reply(delay=30))
    started = time.monotonic()
    with HttpClient(total_timeout=0.4) as client, pytest.raises(HttpUnavailable, match="timed out"):
        ask(client, upstreams)
    assert time.monotonic() - started < 3
    assert len(upstreams.calls) == 1


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 O",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n",
    ],
    ids=["body", "endless body", "header", "first line", "chunk"],
)
def test_a_slow_drip_ends_at_the_deadline(head: bytes) -> None:
    with raw_server(head, drip=0.05) as url, HttpClient(total_timeout=0.5) as client:
        started = time.monotonic()
        with pytest.raises(HttpUnavailable, match="timed out"):
            client.json("GET", url)
        assert time.monotonic() - started < 3


def test_a_closed_port_is_a_failed_connection(client: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(HttpUnavailable, match="connection failed"):
        client.json("GET", f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("head", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 twohundred\r\n\r\n"])
def test_another_protocol_is_no_answer(head: bytes) -> None:
    with raw_server(head) as url, HttpClient(retries=0) as client, pytest.raises(HttpUnavailable):
        client.json("GET", url)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 429 X\r\nRetry-After: \xb2\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 X\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 X\r\nLocation: /\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nxx",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
    ],
    ids=["odd digit", "odd redirect", "broken redirect", "negative chunk"],
)
def test_odd_framing_is_an_error_of_ours(head: bytes) -> None:
    with (
        raw_server(head) as url,
        HttpClient(total_timeout=2.0) as client,
        pytest.raises(HttpError),
    ):
        client.json("GET", url)


def test_the_body_of_a_redirect_is_never_read() -> None:
    packed = gzip.compress(b"0" * 60_000_000)
    head = (
        b"HTTP/1.1 302 X\r\nLocation: /\r\nContent-Encoding: gzip\r\n"
        b"Content-Length: %d\r\n\r\n" % len(packed)
    )
    with raw_server(head + packed) as url, HttpClient(total_timeout=5.0) as client:
        before = psutil.Process().memory_info().rss
        with pytest.raises(HttpInvalid, match="redirects elsewhere"):
            client.json("GET", url)
        assert psutil.Process().memory_info().rss - before < 20_000_000


def test_no_reason_shows_the_address_or_its_query(client: HttpClient, upstreams: Upstreams) -> None:
    for reply in (Reply(status=403), Reply(status=503), Reply(cut=True), Reply(body="<html>")):
        upstreams.reset()
        upstreams.always(NAME, reply)
        with pytest.raises(HttpError) as caught:
            client.json("GET", f"{upstreams.url}{PRICES}", params={"key": "secret"})
        assert "secret" not in str(caught.value)
        assert "127.0.0.1" not in str(caught.value)


def test_one_connection_serves_several_calls_to_a_host(
    client: HttpClient, upstreams: Upstreams
) -> None:
    before = psutil.Process().num_fds()
    for _ in range(5):
        ask(client, upstreams)
    assert psutil.Process().num_fds() <= before + 2  # ours, and the server's end of it


def test_a_closed_client_leaves_no_socket_behind_whatever_happened() -> None:
    before = psutil.Process().num_fds()
    with Upstreams() as upstreams:
        for reply in (
            Reply(),
            Reply(status=403),
            Reply(cut=True),
            Reply(body=b"[1" * 1_500_000),
            Reply(delay=30),
        ):
            upstreams.always(NAME, reply)
            for _ in range(3):
                with HttpClient(total_timeout=0.3) as client, suppress(HttpError):
                    ask(client, upstreams)
    assert psutil.Process().num_fds() <= before


def known_as(monkeypatch: pytest.MonkeyPatch, *addresses: str, port: int) -> None:
    """Let every name stand for these addresses, in this order."""
    families = {True: socket.AF_INET6, False: socket.AF_INET}
    rows = [(families[":" in item], socket.SOCK_STREAM, 6, "", (item, port)) for item in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)


def test_ipv4_is_tried_before_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        known_as(monkeypatch, "::1", "127.0.0.1", port=port)
        tried: list[object] = []
        real = socket.socket.connect
        monkeypatch.setattr(
            socket.socket, "connect", lambda sock, to: (tried.append(to[0]), real(sock, to))[1]
        )
        connect(("vendor.example", port), 1.0, ()).close()
    assert tried == ["127.0.0.1"]


def test_a_dead_address_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.2", 0)) as listener:
        port = listener.getsockname()[1]
        known_as(monkeypatch, "127.0.0.1", "127.0.0.2", port=port)  # nothing listens on the first
        with connect(("vendor.example", port), 1.0, ()) as sock:
            assert sock.getpeername() == ("127.0.0.2", port)
