"""The client's lower call: whatever is answered comes back, within the same bounds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from market.http import HttpClient, HttpTooLarge, HttpUnavailable, Response
from tests.upstreams import Reply, Upstreams

NAME = "gemini.generate"


@pytest.fixture
def up() -> Iterator[Upstreams]:
    with Upstreams() as running:
        yield running


def exchange(up: Upstreams, reply: Reply, seconds: float = 5.0) -> Response:
    up.script(NAME, reply)
    url = f"{up.environment['GEMINI_BASE_URL']}/models/m:generateContent"
    with HttpClient(1.0, seconds, 1000) as client:
        return client.exchange("POST", url, {"a": "á"}, {"X-Key": "k"})


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 404, 429, 500, 503])
def test_each_status_comes_back_with_headers_and_body(up: Upstreams, status: int) -> None:
    body = b"" if status == 204 else b"<p>what is it?</p>"
    reply = Reply(status, body, {"Retry-After": "9", "Location": "/elsewhere"})
    answer = exchange(up, reply)
    assert (answer.status, answer.content) == (status, body)
    assert (answer.headers["retry-after"], answer.headers["location"]) == ("9", "/elsewhere")
    (call,) = up.calls  # neither followed nor asked again
    assert (call.json(), call.headers["X-Key"]) == ({"a": "á"}, "k")


@pytest.mark.parametrize("status", [200, 500])
def test_a_body_beyond_the_cap_is_not_read_on(up: Upstreams, status: int) -> None:
    with pytest.raises(HttpTooLarge, match="larger than 1000 bytes"):
        exchange(up, Reply(status, b"x" * 1001))


def test_an_error_that_drips_ends_at_the_deadline(up: Upstreams) -> None:
    with pytest.raises(HttpUnavailable, match="timed out"):
        exchange(up, Reply(500, b"x" * 900, drip=0.05), seconds=0.3)


def test_a_cut_answer_is_not_asked_for_again(up: Upstreams) -> None:
    with pytest.raises(HttpUnavailable, match="cut the connection"):
        exchange(up, Reply(body=b"x" * 900, cut=True))
    assert len(up.calls) == 1
