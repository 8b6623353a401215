"""The chart of an index and the live strip in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import redis

from market.models import Bar, Index, Quote
from market.snapshot import CURRENT_KEY
from tests.browser import DESKTOP, PHONE, NewPage

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser import Theme

pytestmark = pytest.mark.browser


# How many points of the chart are as dark as the ink of the light theme.
INK = """() => {
  const canvas = document.querySelector(".drawn canvas");
  const copy = new OffscreenCanvas(canvas.width, canvas.height)
    .getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  let dark = 0;
  for (let at = 0; at < data.length; at += 4) dark += data[at + 3] > 200 && data[at] < 40;
  return dark;
}"""


# How many points between two places of the plot are as dark as that; gridlines are not.
INK_BETWEEN = """([from, to]) => {
  const canvas = document.querySelector(".drawn canvas");
  const over = document.querySelector(".u-over");
  const scale = canvas.width / canvas.clientWidth;
  const copy = new OffscreenCanvas(canvas.width, canvas.height)
    .getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const left = (over.offsetLeft + from) * scale, width = (to - from) * scale;
  const { data } = copy.getImageData(left, 0, width, (over.offsetTop + over.offsetHeight) * scale);
  let dark = 0;
  for (let at = 0; at < data.length; at += 4) dark += data[at + 3] > 200 && data[at] < 40;
  return dark;
}"""


@pytest.fixture
def day(numbers: None) -> None:
    """A day of VN-Index by readings three minutes apart."""
    quote = Quote.objects.get(index__code="VNINDEX")
    end, price = quote.as_of, quote.price
    for back in range(1, 60):
        quote.pk, quote.as_of = None, end - timedelta(minutes=3 * back)
        quote.price = price - Decimal(back % 13)
        quote.save(force_insert=True)


@pytest.fixture
def drawn(new_page: NewPage, day: None) -> Callable[..., Page]:
    """The page of VN-Index once its script has drawn."""

    def open_page(query: str = "", width: int = DESKTOP, theme: Theme = "light") -> Page:
        page = new_page(width, theme)
        page.goto(f"/en/indices/vnindex/{query}")
        page.wait_for_selector(".drawn canvas")
        return page

    return open_page


def rows(page: Page) -> list[str]:
    """Time and value of each row of the table, oldest first, as the chart words a point."""
    found = page.locator("table.data tbody tr").all()
    place = 0 if page.locator("[data-interval='1m']").count() else 3
    return [
        f"{row.locator('th').text_content()} · {row.locator('td').nth(place).text_content()}"
        for row in reversed(found)
    ]


def plain(text: str | None) -> str:
    return (text or "").replace("\u00a0", " ")


@pytest.mark.parametrize("query", ["?range=1d", "?range=1m"])
def test_the_arrow_keys_read_the_chart_as_the_table_has_it(
    drawn: Callable[..., Page], query: str
) -> None:
    page = drawn(query)
    assert not page.locator(".plot").is_visible()
    slider = page.get_by_role("slider")
    expected = [plain(text) for text in rows(page)]
    assert plain(slider.get_attribute("aria-valuetext")) == expected[-1]
    slider.focus()
    for key, at in (
        ("ArrowRight", -1),
        ("ArrowLeft", -2),
        ("PageDown", -12),
        ("ArrowRight", -11),
        ("Home", 0),
        ("ArrowDown", 0),
        ("End", -1),
    ):
        page.keyboard.press(key)
        assert plain(slider.get_attribute("aria-valuetext")) == expected[at], key
        assert plain(page.locator("[data-reading]").text_content()) == expected[at], key
    assert slider.get_attribute("aria-valuenow") == slider.get_attribute("aria-valuemax")
    assert slider.get_attribute("aria-valuemax") == str(len(expected) - 1)


PLACE = """() => new DOMMatrix(
  getComputedStyle(document.querySelector(".u-cursor-x")).transform).m41"""


def places(page: Page, count: int) -> list[float]:
    """Where the last points of the chart stand, the newest first."""
    page.get_by_role("slider").focus()
    found = []
    for _ in range(count):
        found.append(page.evaluate(PLACE))
        page.keyboard.press("ArrowLeft")
    return found


def test_a_stretch_without_bars_is_a_gap_of_its_width_that_nothing_is_drawn_in(
    drawn: Callable[..., Page],
) -> None:
    Bar.objects.filter(day__range=("2026-08-10", "2026-08-18")).delete()  # seven sessions
    page = drawn("?range=1m")
    newest, second, third, before, *_ = found = places(page, 5)
    session = second - third
    assert newest - second == pytest.approx(session, abs=1)
    assert third - before == pytest.approx(8 * session, abs=8)  # whole pixels, eight of them
    assert page.evaluate(INK_BETWEEN, [before + session, third - session]) == 0
    assert page.evaluate(INK_BETWEEN, [found[-1], before]) > 0


def test_the_readings_of_a_day_stand_by_their_time(drawn: Callable[..., Page]) -> None:
    start = Quote.objects.get(as_of__gte="2026-08-21T07:45Z", index__code="VNINDEX").as_of
    times = [start - timedelta(minutes=3 * back) for back in (1, 2, 3)]
    Quote.objects.filter(index__code="VNINDEX", as_of__in=times).delete()
    newest, second, third, *_ = places(drawn("?range=1d"), 4)
    assert newest - second == pytest.approx(4 * (second - third), abs=4)  # as above


def test_the_tab_key_reaches_the_ranges_the_chart_and_its_table(
    drawn: Callable[..., Page],
) -> None:
    page = drawn()
    page.locator(".kicker a").focus()
    reached = []
    for _ in range(7):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "document.activeElement.getAttribute('role') ?? document.activeElement.innerText"
            )
        )
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert reached == [
        "1 day", "1 month", "6 months", "1 year", "All", "slider", "The same numbers as a table",
    ]  # fmt: skip


def test_the_pointer_reads_the_chart(drawn: Callable[..., Page]) -> None:
    page = drawn()
    box = page.locator(".u-over").bounding_box()
    assert box
    expected = [plain(text) for text in rows(page)]
    page.mouse.move(box["x"] + 1, box["y"] + 50)
    reading = page.locator("[data-reading]")
    reading.filter(has_text=expected[0]).wait_for()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 50)
    reading.filter(has_text=expected[-1]).wait_for()


def test_the_chart_fits_its_frame_and_follows_it(drawn: Callable[..., Page]) -> None:
    page = drawn(width=PHONE)
    for width in (PHONE, 320, 900):
        page.set_viewport_size({"width": width, "height": 800})
        frame = page.evaluate("document.querySelector('.drawn').clientWidth")
        page.wait_for_selector(f".u-wrap[style*='width: {frame}px']")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_chart_takes_the_colours_of_the_theme(drawn: Callable[..., Page]) -> None:
    page = drawn()
    assert page.evaluate(INK) > 500
    for _ in range(2):  # from automatic over light to dark
        page.locator("#theme").click()
    assert page.evaluate(INK) == 0


OVERHANG = """() => {
  const main = document.querySelector("main");
  const end = main.getBoundingClientRect().right - parseFloat(getComputedStyle(main).paddingRight);
  return document.querySelector(".indices table").getBoundingClientRect().right - end;
}"""
WRAPPED = """() => [...document.querySelectorAll(".tick .move:not([hidden])")]
  .filter((move) => move.getBoundingClientRect().height > 24).length"""


@pytest.mark.parametrize("path", ["/indices/", "/en/indices/"])
def test_six_indices_with_long_figures_fit_their_table_and_their_strip(
    new_page: NewPage, numbers: None, redis_client: redis.Redis, path: str
) -> None:
    Index.objects.create(code="VN100", key="vn100", name="VN100", exchange="HOSE", position=9)
    snapshot = json.loads(str(redis_client.get(CURRENT_KEY)))
    long = snapshot["indices"]["vnindex"]["value"] | {
        "volume": 1_783_500_000,
        "value": 1_023_456_000_000_000,
        "agreement": "disputed",
        "second": {"source": "vndirect", "close": 1778.73},
    }
    for key in (*snapshot["indices"], "vn100"):
        snapshot["indices"][key] = {"value": long, "error": None}
    redis_client.set(CURRENT_KEY, json.dumps(snapshot))
    page = new_page()
    page.goto(path)
    page.evaluate("document.fonts.ready")
    for width in (360, 900, 1200, 1248, 1249, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        assert page.evaluate(OVERHANG) <= 1, width
        assert page.evaluate(WRAPPED) == 0, width


def test_without_scripts_the_drawing_the_ranges_and_the_table_are_there(
    new_page: NewPage, numbers: None
) -> None:
    page = new_page(PHONE, java_script_enabled=False)
    page.goto("/indices/vnindex/")
    assert page.locator(".plot .line").count() == 1
    page.get_by_role("link", name="1 tháng").click()
    page.wait_for_url("**?range=*")
    assert page.locator("[aria-current=true]").last.inner_text() == "1 tháng"
    page.locator("summary").click()
    assert page.locator("table.data tbody tr").first.is_visible()


def test_where_the_history_does_not_answer_the_drawing_stays(
    new_page: NewPage, numbers: None, faults: list[str]
) -> None:
    page = new_page()
    page.route("**/history?*", lambda route: route.fulfill(status=503, body="down"))
    with page.expect_response("**/history?*"):
        page.goto("/en/indices/vnindex/")
    assert page.locator(".plot").is_visible()
    assert page.locator(".drawn").count() == 0
    faults.clear()  # the browser itself notes the 503
