"""The index strip in a real Chromium: it follows the snapshot, says so, and asks with care."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import redis

from market.refresh import refresh_indices
from market.snapshot import CURRENT_KEY
from tests.browser import NewPage
from tests.upstreams.scenarios import AFTER_CLOSE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

DAY_BEFORE = "2026-08-20T08:10:00Z"
REFRESHED = 200_000  # milliseconds after which the page has asked again
OLD = {"stale": True, "as_of": "2026-08-21T07:45:59Z"}  # 24 minutes
INDICES = "**/api/v1/market/indices"

# Counts what the page asked and what was answered, and lets the test hide the page.
COUNTED = """
  window.asked = 0;
  window.away = false;
  Object.defineProperty(document, "hidden", { get: () => window.away });
  const plain = window.fetch;
  let answered = 0;
  window.fetch = async (...given) => {
    window.asked += 1;
    try { return await plain(...given); }
    finally { document.documentElement.dataset.answered = ++answered; }
  };
"""

Edit = Callable[[Callable[[dict[str, Any]], None]], None]


@pytest.fixture
def edit(redis_client: redis.Redis) -> Edit:
    """Change the stored snapshot as the next refresh would: `edit(lambda snapshot: …)`."""

    def change(alter: Callable[[dict[str, Any]], None]) -> None:
        snapshot = json.loads(str(redis_client.get(CURRENT_KEY)))
        alter(snapshot)
        redis_client.set(CURRENT_KEY, json.dumps(snapshot))

    return change


@pytest.fixture
def live(new_page: NewPage, numbers: None) -> Callable[[str], Page]:
    """A page whose clock the test moves, opened as the last refresh left the numbers."""

    def open_page(path: str = "/en/") -> Page:
        page = new_page()
        page.clock.install(time=AFTER_CLOSE)
        page.goto(path)
        return page

    return open_page


def _strip(page: Page, name: str) -> str:
    """The visible text of an index in the strip, with plain spaces."""
    return " ".join(page.locator(f"[data-index={name}]").inner_text().split())


def _asks_again(page: Page) -> None:
    with page.expect_response("**/api/v1/market/indices"):
        page.clock.fast_forward(REFRESHED)


def test_the_strip_follows_the_snapshot(live: Callable[[str], Page], edit: Edit) -> None:
    page = live("/en/")
    assert _strip(page, "vnindex") == "VN-Index 1,768.12 ▲ +33.88 (+1.95%)"

    def fall(snapshot: dict[str, Any]) -> None:
        value = snapshot["indices"]["vnindex"]["value"]
        value |= {"close": 1700.0, "change": -34.24, "change_percent": -1.9743}
        value["as_of"] = "2026-08-24T02:20:00Z"
        flat = snapshot["indices"]["vn30"]["value"]
        flat |= {"close": 1887.06, "change": 0.0, "change_percent": -0.0001}
        snapshot["session"] = "morning"

    edit(fall)
    _asks_again(page)
    page.wait_for_selector("[data-index=vnindex].down.changed")
    assert _strip(page, "vnindex") == "VN-Index 1,700.00 ▼ -34.24 (-1.97%)"
    assert _strip(page, "vn30") == "VN30 1,887.06 ● 0.00 (0.00%)"
    session = page.locator(".session").inner_text().split("\n")
    assert session == [
        "Morning session",
        "latest data 09:20, Monday 24 August 2026",
        "updated 3 minutes ago",
    ]
    assert page.locator("[data-index=hnx30].changed").count() == 0


def test_ages_are_counted_on_and_go_with_the_renewed_value(
    live: Callable[[str], Page], edit: Edit
) -> None:
    edit(fields(upcomindex=OLD))
    page = live("/")
    assert _strip(page, "upcomindex").endswith("24 phút trước")
    page.clock.run_for(61_000)
    assert _strip(page, "upcomindex").endswith("25 phút trước")

    def renew(snapshot: dict[str, Any]) -> None:
        value = snapshot["indices"]["upcomindex"]["value"]
        value |= {"stale": False, "as_of": "2026-08-21T08:00:00Z", "close": 128.20}
        snapshot["indices"]["vn30"]["value"] |= {"stale": True, "as_of": "2026-08-18T08:00:00Z"}

    edit(renew)
    _asks_again(page)
    page.wait_for_selector("[data-index=upcomindex] [data-stale]", state="hidden")
    assert _strip(page, "upcomindex") == "UPCoM-Index 128,20 ▲ +0,63 (+0,49%)"
    assert _strip(page, "vn30").endswith("3 ngày trước")


def test_the_age_counts_from_the_servers_clock_not_the_readers(
    new_page: NewPage, numbers: None, edit: Edit
) -> None:
    edit(fields(upcomindex=OLD))
    page = new_page()
    page.clock.install(time=DAY_BEFORE)
    page.goto("/en/")
    _asks_again(page)
    page.wait_for_function("document.querySelector('.changed') === null")
    assert _strip(page, "upcomindex").endswith("27 minutes old")


def test_an_index_that_was_unknown_appears_once_it_is_known(
    new_page: NewPage, committed: None, upstreams: Any
) -> None:
    upstreams.scenario = "empty"
    refresh_indices()
    page = new_page()
    page.clock.install(time=AFTER_CLOSE)
    page.goto("/en/indices/")
    assert page.locator(".session").inner_text().split("\n")[1] == "No index has been fetched yet."
    assert not page.locator(".ticks").is_visible()
    assert not page.locator("[data-newer]").is_visible()
    upstreams.scenario = "partial"
    refresh_indices()
    _asks_again(page)
    page.wait_for_selector(".ticks", state="visible")
    assert _strip(page, "vnindex") == "VN-Index 1,768.12 ▲ +33.88 (+1.95%)"
    page.locator("[data-newer]").click()
    page.wait_for_selector("table")
    assert "1,768.12" in page.locator("table").inner_text()


def test_a_server_that_does_not_answer_is_told_and_forgotten_when_it_does(
    live: Callable[[str], Page], faults: list[str]
) -> None:
    page = live("/en/")
    lost = page.locator("[data-lost]")
    assert not lost.is_visible()
    before = _strip(page, "vnindex")
    page.route("**/api/v1/market/indices", lambda route: route.fulfill(status=503, body="down"))
    page.clock.fast_forward(REFRESHED)
    lost.wait_for(state="visible")
    assert lost.inner_text() == "not updating"
    assert _strip(page, "vnindex") == before
    faults.clear()  # the browser itself notes the 503
    page.unroute("**/api/v1/market/indices")
    _asks_again(page)
    lost.wait_for(state="hidden")


def test_words_of_the_snapshot_are_text_for_the_script_too(
    live: Callable[[str], Page], edit: Edit
) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    page = live("/en/")
    edit(lambda snapshot: snapshot.update(session=hostile))
    _asks_again(page)
    page.wait_for_function(
        "text => document.querySelector('[data-session]').textContent === text", arg=hostile
    )
    assert page.locator("img").count() == 0


def test_simulated_and_real_numbers_never_meet_on_one_page(
    new_page: NewPage, committed: None, upstreams: Any, settings: Any
) -> None:
    settings.MARKET_DEMO = "auto"
    upstreams.scenario = "down"
    refresh_indices()
    page = new_page()
    page.clock.install(time=AFTER_CLOSE)
    page.goto("/en/")
    assert page.locator(".notice").inner_text().startswith("Simulated data")
    upstreams.scenario = "eod"
    refresh_indices()
    with page.expect_navigation():
        page.clock.fast_forward(REFRESHED)
    assert _strip(page, "vnindex") == "VN-Index 1,768.12 ▲ +33.88 (+1.95%)"
    assert "imulated" not in page.locator("body").inner_text()


def test_nothing_moves_for_readers_who_want_no_motion(
    new_page: NewPage, numbers: None, edit: Edit
) -> None:
    page = new_page(reduced_motion="reduce")
    page.clock.install(time=AFTER_CLOSE)
    page.goto("/en/")
    edit(lambda snapshot: snapshot["indices"]["vn30"]["value"].update(close=1.0))
    _asks_again(page)
    changed = page.wait_for_selector(".changed .price")
    assert changed
    assert changed.evaluate("price => getComputedStyle(price).animationName") == "none"


# How it asks, and what it tells


def fields(**wanted: Any) -> Callable[[dict[str, Any]], None]:
    """For `edit`: fields of an index, or of the snapshot itself."""

    def alter(snapshot: dict[str, Any]) -> None:
        for name, new in wanted.items():
            if name in snapshot["indices"]:
                snapshot["indices"][name]["value"] |= new
            else:
                snapshot[name] = new

    return alter


def plain(text: str | None) -> str:
    return (text or "").replace("\u00a0", " ")


@pytest.fixture
def counted(new_page: NewPage, numbers: None) -> Page:
    """The front page under a clock that the test moves."""
    page = new_page()
    page.add_init_script(COUNTED)
    page.clock.install(time=AFTER_CLOSE)
    page.goto("/en/")
    return page


def asked_again(page: Page) -> None:
    asked = page.evaluate("window.asked")
    page.clock.fast_forward(REFRESHED)
    answered(page, asked + 1)


def answered(page: Page, count: int) -> None:
    page.wait_for_selector(f"html[data-answered='{count}']")


def test_what_changed_is_told_once_and_only_that(counted: Page, edit: Edit) -> None:
    told = counted.locator("[data-changes]")
    assert told.get_attribute("aria-live") == "polite"
    assert told.text_content() == ""
    edit(fields(vn30={"close": 1900.0, "change_percent": 0.6857}))
    asked_again(counted)
    counted.wait_for_selector("[data-index=vn30].changed")
    assert told.text_content() == "VN30 1,900.00 (+0.69%)"
    told.evaluate("line => { line.textContent = 'read'; }")
    edit(fields(session="morning"))
    asked_again(counted)
    counted.locator("[data-session]", has_text="Morning session").wait_for()
    assert told.text_content() == "read"


def test_two_sources_that_differ_are_shown_as_soon_as_they_do(counted: Page, edit: Edit) -> None:
    mark = counted.locator("[data-index=vn30] [data-disputed]")
    assert not mark.is_visible()
    second = {"source": "kbs", "close": 1950.12}
    edit(fields(vn30={"agreement": "disputed", "second": second}))
    asked_again(counted)
    mark.wait_for(state="visible")
    assert plain(mark.inner_text()) == "sources differ: Vietcap 1,927.79, KBS 1,950.12"
    edit(fields(vn30={"agreement": "confirmed"}))
    asked_again(counted)
    mark.wait_for(state="hidden")


def test_the_age_of_the_refresh_ticks(counted: Page) -> None:
    updated = counted.locator("[data-updated]")
    assert re.fullmatch(r"updated \d seconds? ago", plain(updated.inner_text()))
    counted.clock.run_for(40_000)
    text = plain(updated.inner_text())
    assert text.startswith("updated 4")
    assert text.endswith(" seconds ago")


def test_a_refresh_that_brought_nothing_tells_the_age_of_the_numbers(
    counted: Page, edit: Edit
) -> None:
    def failed(snapshot: dict[str, Any]) -> None:
        snapshot["success"] = False
        snapshot["generated_at"] = "2026-08-21T08:13:00Z"
        for entry in snapshot["indices"].values():
            entry["value"]["as_of"] = "2026-08-21T07:46:00Z"

    edit(failed)
    asked_again(counted)
    updated = counted.locator("[data-updated]")
    updated.filter(has_text="no new numbers for").wait_for()
    assert re.fullmatch(r"no new numbers for 2\d minutes", plain(updated.inner_text()))


def test_the_table_of_the_indices_tells_its_time_and_that_there_is_more(
    live: Callable[[str], Page], edit: Edit
) -> None:
    page = live("/en/indices/")
    head = page.locator("main p.meta").first
    assert head.inner_text() == "This table is of 15:10:00."
    edit(fields(vn30={"as_of": "2026-08-21T08:12:00Z", "close": 1930.5}))
    _asks_again(page)
    page.get_by_role("link", name="New numbers are here").wait_for()
    assert page.locator("[data-index=vn30] [data-price]").inner_text() == "1,930.50"
    assert page.get_by_role("row", name="VN30").get_by_text("1,927.79").first.is_visible()
    assert "15:10:00" in head.inner_text()


def test_what_the_page_has_already_is_not_sent_again(counted: Page) -> None:
    asked_again(counted)
    with counted.expect_response(INDICES) as found:
        counted.clock.fast_forward(REFRESHED)
    assert found.value.request.all_headers()["if-none-match"].startswith('"')


def test_a_server_that_fails_is_asked_ever_more_rarely(counted: Page, faults: list[str]) -> None:
    counted.route(INDICES, lambda route: route.fulfill(status=503, body="down"))
    asked_again(counted)
    for pause in (15_000, 30_000, 60_000, 120_000):
        asked = counted.evaluate("window.asked")
        counted.clock.fast_forward(int(pause * 0.7))
        assert counted.evaluate("window.asked") == asked, pause
        counted.clock.fast_forward(int(pause * 0.4))
        answered(counted, asked + 1)
    assert counted.locator("[data-lost]").is_visible()
    faults.clear()  # the browser itself notes each 503


def test_a_hidden_page_asks_more_rarely_and_at_once_on_its_return(counted: Page) -> None:
    counted.evaluate("window.away = true")
    asked_again(counted)
    asked = counted.evaluate("window.asked")
    counted.clock.fast_forward(20_000)
    assert counted.evaluate("window.asked") == asked
    counted.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    answered(counted, asked + 1)


def test_an_index_of_the_strip_leads_to_its_page(counted: Page) -> None:
    box = counted.locator("[data-index=hnx30] .price").bounding_box()
    assert box
    counted.mouse.click(box["x"] + 5, box["y"] + 5)
    counted.wait_for_url("**/en/indices/hnx30/")
    assert counted.locator("h1").inner_text() == "HNX30"
