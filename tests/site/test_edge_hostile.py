"""Requests that would like to get around the pages in memory, or something of theirs into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.sessions.backends import db
from pytest_django import Settings

from marketsite.edge import MOST_HOSTS
from marketsite.sessions import SessionStore, is_ours
from tests.people import superuser
from tests.reports.admin import signed_in
from tests.site.edge import Site, call, make_report, site

PATH = "/reports/vn-index/"


@pytest.fixture
def running(committed: None, at: Callable[[str], None]) -> Iterator[Site]:
    at("2026-08-21T08:10:00Z")
    make_report()
    with site() as started:
        started.get(PATH)
        yield started


HARMLESS = [
    {"HTTP_COOKIE": "sessionid=" + "a" * 32},
    {"HTTP_COOKIE": "sessionid=" + "a" * 40},
    {"HTTP_COOKIE": 'sessionid=""; csrftoken=x; other=1'},
    {"HTTP_COOKIE": "django_language=en; messages=hello"},
    {"HTTP_COOKIE": "xsessionid=1"},
    {"HTTP_ACCEPT_LANGUAGE": "en"},
    {"HTTP_AUTHORIZATION": "Bearer x"},
    {"HTTP_CACHE_CONTROL": "no-cache", "HTTP_PRAGMA": "no-cache"},
    {"HTTP_RANGE": "bytes=0-1"},
    {"HTTP_X_FORWARDED_PROTO": "https"},
    {"HTTP_X_FORWARDED_HOST": "evil.example"},
    {"HTTP_X_HTTP_METHOD_OVERRIDE": "POST"},
    {"HTTP_ACCEPT_ENCODING": "gzip;q=" + "9" * 5000},
    {"HTTP_IF_NONE_MATCH": '"x",' * 5000},
    {"HTTP_IF_MODIFIED_SINCE": "Thu, 26 Nov 2026 00:00:00 GMT"},
    {"HTTP_HOST": "127.0.0.1"},
    {"CONTENT_LENGTH": "5"},
]


def test_what_a_reader_sends_is_no_way_around_the_page_nor_into_it(running: Site) -> None:
    plain = running.get(PATH)
    for more in HARMLESS:
        assert running.asks_of(PATH, **more) == 0, more
        assert running.get(PATH, **more).body == plain.body, more
    clean = {path: running.get(path).body for path in ("/", "/en/", "/about/")}
    for more in HARMLESS:
        running.edge._pages.clear()
        for path, body in clean.items():
            assert running.get(path, **more).body == body, (path, more)


def test_a_query_that_no_view_reads_gets_the_same_bytes(running: Site) -> None:
    for query in ("utm_source=x", "page=2", "%70age=2", "q", "&&&", "range=1y"):
        answer = call(running.edge, PATH, query=query)
        assert answer.body == running.get(PATH).body, query
    assert running.asked == [PATH]


def test_a_query_that_a_view_reads_is_answered_by_django_and_not_kept(running: Site) -> None:
    for path, query in [
        ("/reports/", "page=1"),
        ("/indices/vn_index/", "range=1y"),
        ("/indices/vn_index/", "%72ange=1y"),
        ("/indices/vn_index/", "&".join(["a=1"] * 60)),
    ]:
        held = len(running.edge._pages)
        answer = call(running.edge, path, query=query)
        assert running.asked[-1] == path
        assert len(running.edge._pages) == held, (path, query)
        assert answer["ETag"] == ""


def test_nothing_is_kept_of_what_is_not_there(running: Site) -> None:
    make_report("draft", "draft")
    held = set(running.edge._pages)
    for path in (
        "/reports/draft/",
        "/reports/none/",
        "/fr/",
        "/EN/",
        "/en",
        "/reports",
        "/reports/vn-index",
        "//reports/vn-index/",
        "/reports/vn-index//",
        "/reports/./vn-index/",
        "/reports/VN-INDEX/",
        "/reports/vn-index/%2e/",
        "/reports/vn-index/\x00",
        "/reports/" + "a" * 4000 + "/",
        "/bÃ¡o-cÃ¡o/",
        "*",
        "",
        "/admin/",
        "/healthz",
        "/api/v1/scheduler/status",
        "/static/css/site.css",
    ):
        answer = running.get(path)
        assert answer.status != 500, path
    assert set(running.edge._pages) == held


def test_what_is_not_from_memory_is_kept_by_no_cache_in_front(running: Site) -> None:
    for path, query in (("/nowhere/", ""), ("/reports/", "q=a"), ("/crypto_report/", "")):
        answer = running.get(path, QUERY_STRING=query)
        assert answer["Cache-Control"] == "private, no-cache", path


def test_hosts_with_other_ports_do_not_take_the_short_way_from_the_sites_own(
    running: Site,
) -> None:
    for port in range(2 * MOST_HOSTS):
        assert running.get(PATH, HTTP_HOST=f"localhost:{port}").status == 200
    running.get(PATH)
    assert "localhost:8000" in running.edge._hosts
    assert len(running.edge._hosts) <= MOST_HOSTS


def test_a_host_that_is_not_ours_is_refused_and_other_methods_are_djangos(running: Site) -> None:
    body = running.get(PATH).body
    for host in ("evil.example", "", "localhost@evil.example", "a" * 300, "[::1"):
        answer = running.get(PATH, HTTP_HOST=host)
        assert (answer.status, answer.body != body) == (400, True), host
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
        answer = call(running.edge, PATH, method)
        assert answer.status in {403, 405}, method
        assert answer.body != body


def test_a_session_of_ours_sees_djangos_own_page_which_nobody_may_keep(running: Site) -> None:
    key = signed_in(superuser()).cookies["sessionid"].value
    assert is_ours(key)
    answer = running.get(PATH, HTTP_COOKIE=f"a=b; sessionid={key}")
    assert (answer.status, running.asked[-1]) == (200, PATH)
    assert len(running.asked) == 2
    assert answer["Cache-Control"] == "private, no-cache"
    make_report("draft", "draft")
    assert running.get("/reports/draft/", HTTP_COOKIE=f"sessionid={key}").status == 200
    assert running.get("/reports/draft/").status == 404


def test_a_session_key_that_we_did_not_make_is_no_session(running: Site) -> None:
    store = SessionStore()
    store.create()
    key = store.session_key
    assert key is not None
    assert SessionStore(key).exists(key)
    assert SessionStore(key).session_key == key
    flipped = key[:-1] + ("0" if key[-1] != "0" else "1")
    stored = db.SessionStore()  # one of Django's own, from before
    stored["_auth_user_id"] = "1"
    stored.save()
    for forged in (flipped, "", "x", key + "0", "é" * 40, stored.session_key):
        assert not is_ours(forged)
        assert SessionStore(forged).session_key is None
        assert running.asks_of(PATH, HTTP_COOKIE=f"sessionid={forged}") == 0


def test_https_is_asked_for_as_ever_and_pages_of_both_schemes_are_kept_apart(
    committed: None, settings: Settings
) -> None:
    make_report()
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_HSTS_SECONDS = 1000
    with site() as running:
        plain = running.get(PATH)
        https = [
            running.get(PATH, HTTP_X_FORWARDED_PROTO=given) for given in ("https", "https, http")
        ]
        assert (plain.status, plain["Strict-Transport-Security"]) == (200, "")
        assert {answer["Strict-Transport-Security"] for answer in https} == {"max-age=1000"}
        assert len(running.asked) == 2
    settings.SECURE_SSL_REDIRECT = True
    with site() as running:
        assert running.get(PATH, HTTP_X_FORWARDED_PROTO="https").status == 200
        for more in (
            {},
            {"HTTP_X_FORWARDED_PROTO": "http"},
            {"HTTP_X_FORWARDED_PROTO": "http, https"},
        ):
            answer = running.get(PATH, **more)
            assert answer["Location"] == f"https://localhost:8000{PATH}"
            # kept by a cache in front, it would lead readers of https in a circle
            assert answer["Cache-Control"] == "private, no-cache"
