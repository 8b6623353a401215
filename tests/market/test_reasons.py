"""The sources' sentences in a reader's words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils.translation import override

from market.reasons import told
from market.refresh import refresh_indices
from market.snapshot import NEVER_FETCHED, NOT_CURRENT
from tests.html import Page
from tests.upstreams import Reply, Upstreams

NO_ANSWER = "does not answer"
TOO_OLD = "its numbers are too old"
IMPOSSIBLE = "its numbers cannot be right"
UNREADABLE = "its answer cannot be read"
LACKS = "does not have this figure"
RESTS = "rests after failures"

SENTENCES = {
    "answered with status 503": NO_ANSWER,
    "timed out": NO_ANSWER,
    "name cannot be resolved": NO_ANSWER,
    "cut the connection": NO_ANSWER,
    "not asked: this refresh took too long": NO_ANSWER,
    "answered with status 403": "refuses to answer",
    "answered with status 429": "refuses to answer",
    "answered with status 404": UNREADABLE,
    "answered with a web page in place of data": UNREADABLE,
    "expected a list of indices (answer)": UNREADABLE,
    "price is not a number ([3])": UNREADABLE,
    "rests until 2026-11-25T21:49:40.970Z (answered with status 403)": RESTS,
    "rests until its probe is back (timed out)": RESTS,
    "as-of time 2026-08-21T03:00:00Z is too old": TOO_OLD,
    "as-of time 2026-08-21T03:00:00Z stands still while the session is open": TOO_OLD,
    "as-of time 2026-08-21T03:00:00Z is older than the last known one": TOO_OLD,
    "repeats the last session on 2026-09-02, a day without trading": TOO_OLD,
    "as-of time 2026-08-21T03:00:00Z lies in the future": IMPOSSIBLE,
    "a move of 23.1 percent is beyond 15 percent": IMPOSSIBLE,
    "price 17.68 is of another scale than 1768.12": IMPOSSIBLE,
    "price is not positive": IMPOSSIBLE,
    "not in the answer": LACKS,
    "not one of its indices": LACKS,
    "no minute bar": LACKS,
    "change is missing": LACKS,
    "9 daily closes, 15 are needed": LACKS,
}


@pytest.mark.parametrize(("sentence", "kind"), SENTENCES.items(), ids=list(SENTENCES))
def test_each_sentence_of_a_source_has_its_kind(sentence: str, kind: str) -> None:
    with override("en"):
        assert told(f"vndirect: {sentence}", "en") == f"VNDirect: {kind}"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ("", ""),
        (NEVER_FETCHED, "chưa hỏi lần nào"),
        (NOT_CURRENT, "lần làm mới gần nhất đã quá lâu"),
        ("no source is configured", "chưa có nguồn nào"),
        (
            "vietcap: timed out; vndirect: answered with status 403; kbs: connection failed",
            "Vietcap, KBS: không trả lời; VNDirect: từ chối trả lời",
        ),
        ("vndirect: timed out; vndirect_chart: timed out", "VNDirect: không trả lời"),
    ],
)
def test_sources_with_one_reason_share_it_and_what_names_none_stands_alone(
    error: str, text: str
) -> None:
    with override("vi"):
        assert told(error, "vi") == text


@pytest.mark.django_db
def test_no_page_shows_a_raw_sentence_and_the_api_keeps_it(
    client: Client, upstreams: Upstreams, at: Callable[[str], None]
) -> None:
    refresh_indices()
    at("2026-08-24T04:20:00Z")
    for name in ("vietcap.quotes", "vndirect.quotes"):
        upstreams.always(name, Reply(status=503))
    refresh_indices()
    raw = "vietcap: answered with status 503; vndirect: answered with status 503"
    entries = client.get("/api/v1/market/indices").json()["indices"]
    assert entries["vnindex"]["error"] == raw
    for path in ("/indices/", "/indices/vnindex/"):
        page = Page(client.get(path).content)
        assert "Vietcap, VNDirect: không trả lời" in page.text
        assert "answered" not in page.text
        assert not [item for item in page.elements if item.get("lang") == "en" and item.tag != "a"]
