"""Pages from memory: the same to a reader as Django's own, and never an old one."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import brotli
import pytest
import redis
import zstandard
from django.contrib.auth.models import User
from django.db import connections
from django.urls import URLPattern, URLResolver, get_resolver

from market.models import Index
from market.snapshot import CURRENT_KEY
from marketsite.cacheable import RULES
from marketsite.variants import CACHE_CONTROL
from reports.models import Report
from reports.publishing.publish import publish, withdraw
from tests.processes import locked
from tests.site.edge import Answer, Site, call, make_report, site

OWN = {"etag", "vary", "cache-control", "content-length", "content-encoding"}
PAGES = ("/", "/en/", "/reports/", "/reports/vn-index/", "/en/reports/vn-index/", "/indices/")


@pytest.fixture
def running(committed: None) -> Iterator[Site]:
    make_report()
    with site() as started:
        yield started


def without(answer: Answer, names: set[str]) -> list[tuple[str, str]]:
    return sorted(item for item in answer.headers if item[0].lower() not in names)


def test_pages_are_asked_of_django_once_and_carry_its_headers(running: Site) -> None:
    for path in PAGES:
        first = running.get(path)
        assert running.asks_of(path) == 0, path
        again, plain = running.get(path), call(running.django, path)
        assert (
            (again.status, again.headers) == (first.status, first.headers) == (200, again.headers)
        )
        assert without(again, OWN) == without(plain, OWN)
        assert again.body == first.body
        assert again["Content-Security-Policy"]
        assert again["X-Frame-Options"] == "DENY"
        assert (again["Cache-Control"], again["Vary"]) == (CACHE_CONTROL, "Accept-Encoding")
        assert again["Content-Length"] == str(len(again.body))


def test_each_encoding_is_the_same_page_under_an_entity_tag_of_its_own(running: Site) -> None:
    path = "/reports/vn-index/"
    plain = running.get(path)
    unpacked = {
        "gzip": gzip.decompress,
        "br": brotli.decompress,
        "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
    }
    tags = {plain["ETag"]}
    for encoding, unpack in unpacked.items():
        answer = running.get(path, HTTP_ACCEPT_ENCODING=encoding)
        assert answer["Content-Encoding"] == encoding
        assert unpack(answer.body) == plain.body
        assert len(answer.body) < len(plain.body) / 2
        tags.add(answer["ETag"])
    assert len(tags) == 4
    assert (
        running.get(path, HTTP_ACCEPT_ENCODING="gzip, deflate, br, zstd")["Content-Encoding"]
        == "br"
    )
    likes_zstd = running.get(path, HTTP_ACCEPT_ENCODING="br;q=0.8, zstd;q=0.9")
    assert likes_zstd["Content-Encoding"] == "zstd"
    for refused in ("", "identity", "gzip;q=0", "br;q=0, *;q=0", "compress", "gzip;q=1.5"):
        answer = running.get(path, HTTP_ACCEPT_ENCODING=refused)
        assert (answer["Content-Encoding"], answer.body) == ("", plain.body), refused


def test_who_has_the_page_already_is_told_so(running: Site) -> None:
    path = "/reports/vn-index/"
    for encoding in ("", "gzip", "br"):
        answer = running.get(path, HTTP_ACCEPT_ENCODING=encoding)
        for given in (answer["ETag"], f'"x", W/{answer["ETag"]}', "*"):
            known = running.get(path, HTTP_ACCEPT_ENCODING=encoding, HTTP_IF_NONE_MATCH=given)
            assert (known.status, known.body) == (304, b""), given
            assert known["ETag"] == answer["ETag"]
            assert known["Vary"] == "Accept-Encoding"
            assert not known["Content-Length"]
        other = running.get(path, HTTP_ACCEPT_ENCODING=encoding, HTTP_IF_NONE_MATCH='"other"')
        assert other.status == 200
        head = running.head(path, HTTP_ACCEPT_ENCODING=encoding)
        assert (head.status, head.headers, head.body) == (200, answer.headers, b"")
    assert not running.get(path, HTTP_RANGE="bytes=0-9")["Content-Range"]


def test_every_change_that_pages_show_is_shown_once_it_is_known(running: Site) -> None:
    report, path = Report.objects.get(), "/reports/vn-index/"
    assert "Thị trường tăng" in running.get(path).text

    report.title = "Thị trường giảm"
    report.save()
    running.until_current()
    assert "Thị trường giảm" in running.get(path).text
    assert "Thị trường giảm" in running.get("/").text

    Report.objects.filter(pk=report.pk).update(title="Thị trường đứng")
    running.until_current()
    assert "Thị trường đứng" in running.get("/reports/").text

    reviewer = User.objects.create(username="hoa", first_name="Hoa")
    Report.objects.update(reviewed_by=reviewer)
    running.until_current()
    assert "Hoa" in running.get(path).text
    reviewer.first_name = "Lan"
    reviewer.save()
    running.until_current()
    assert "Lan" in running.get(path).text

    withdraw(report)
    running.until_current()
    assert running.get(path).status == 404
    assert running.get(path).status == 404
    assert publish(report)
    running.until_current()
    assert running.get(path).status == 200
    report.delete()
    running.until_current()
    assert running.get(path).status == 404

    Index.objects.filter(pk=Index.objects.first().pk).update(name="Tên mới")
    running.until_current()
    assert "Tên mới" in running.get("/indices/").text


def test_what_is_not_public_changes_no_page(running: Site) -> None:
    running.get("/reports/")
    draft = make_report("draft", "draft")
    draft.title = "Nháp"
    draft.save()
    draft.delete()
    User.objects.create_user("hoa").save(update_fields=["last_login"])
    running.until_current()
    assert running.asks_of("/reports/") == 0


def test_a_withdrawn_report_is_gone_for_every_way_of_asking(running: Site) -> None:
    tag = running.get("/reports/vn-index/")["ETag"]
    withdraw(Report.objects.get())
    running.until_current()
    for more in ({}, {"HTTP_IF_NONE_MATCH": tag}, {"HTTP_ACCEPT_ENCODING": "gzip"}):
        answer = running.get("/reports/vn-index/", **more)
        assert (answer.status, answer["Cache-Control"]) == (404, "private, no-cache")
    assert running.head("/reports/vn-index/").body == b""


def test_new_numbers_are_shown_on_the_pages_that_hold_them(
    running: Site, redis_client: redis.Redis
) -> None:
    for path in ("/", "/en/indices/", "/reports/"):
        running.get(path)
    assert running.asks_of("/") == running.asks_of("/reports/") == 0
    redis_client.set(CURRENT_KEY, "{}")
    running.until_current()
    assert running.asks_of("/") == running.asks_of("/en/indices/") == 1
    assert running.asks_of("/reports/") == 0


def test_twelve_who_ask_at_once_get_one_rendering(committed: None) -> None:
    make_report()
    with site() as running, locked("reports_report") as lock, ThreadPoolExecutor(12) as pool:
        answers = [pool.submit(_get_in_a_thread, running) for _ in range(12)]
        lock.waiting()
        lock.release()
        bodies = {answer.result().body for answer in answers}
    assert len(bodies) == len(running.asked) == 1


def _get_in_a_thread(running: Site) -> Answer:
    try:
        return running.get("/reports/vn-index/")
    finally:
        connections.close_all()


def test_memory_is_bounded_by_bytes_and_what_was_asked_for_last_stays(committed: None) -> None:
    for number in range(8):
        make_report(f"report-{number}")
    with site(limit=200_000) as running:
        for number in range(8):
            running.get(f"/reports/report-{number}/")
            running.get("/reports/report-0/")
        held = running.edge._pages
        assert sum(page.size for page in held.values()) <= 200_000
        assert {"/reports/report-0/", "/reports/report-7/"} <= set(held)
        assert "/reports/report-1/" not in held
    with site(limit=1000) as running:
        assert running.get("/reports/report-0/").status == 200
        assert not running.edge._pages


def test_the_snapshot_that_open_pages_ask_for_is_ready_and_new_with_the_numbers(
    running: Site, redis_client: redis.Redis
) -> None:
    path = "/api/v1/market/indices"
    first = running.get(path)
    assert first.status == 200
    known = {"HTTP_IF_NONE_MATCH": first["ETag"]}
    assert running.get(path, **known).status == 304
    assert re.fullmatch(r"public, max-age=[1-9][0-9]*", first["Cache-Control"])
    document = json.loads(first.text) | {"session": "holiday"}
    redis_client.set(CURRENT_KEY, json.dumps(document))
    running.until_current()
    renewed = running.get(path, **known)
    assert (renewed.status, json.loads(renewed.text)["session"]) == (200, "holiday")


def test_the_list_names_addresses_that_exist() -> None:
    names: set[str] = set()

    def collect(patterns: list[URLPattern | URLResolver], space: str = "") -> None:
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                names.add(f"{space}{pattern.name}")
            else:
                inner = f"{pattern.namespace}:" if pattern.namespace else ""
                collect(pattern.url_patterns, space + inner)

    collect(get_resolver().url_patterns)
    assert set(RULES) <= names
