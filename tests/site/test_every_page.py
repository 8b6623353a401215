"""Every kind of public page in a real Chromium, each opened once and held against all that must be
true of it: no fault, no shift, one heading, WCAG 2.2 AA in both themes, and room at any width.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pytest_django import Settings

from market.refresh import refresh_indices
from marketsite import clock
from reports.models import Report, Run
from reports.publishing.sanitize import clean
from reports.writing import pipeline
from reports.writing.runs import request_run
from tests.browser import DESKTOP, PHONE, NewPage
from tests.pages import LANGUAGES, Archive, addresses
from tests.reports.admin import make_report
from tests.upstreams import Upstreams
from tests.upstreams.scenarios import AFTER_CLOSE

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 390, DESKTOP // 2, 768, DESKTOP)  # the third is 200 % zoom of the last
FIRST_VIEW = 200_000  # bytes over the line, fonts and headers included
MISSING = "/nope/"
CHARTS = """
<h2>Tâm lý</h2><!-- CHART_DATA: {"type": "gauge", "title": "Sợ hãi và Tham lam", "value": 29,
 "segments": [{"limit": 25, "label": "Rất sợ hãi"}, {"limit": 100, "label": "Khác"}]} --><div></div>
<h2>Biến động</h2><!-- CHART_DATA: {"type": "bar", "title": "24 giờ", "labels": ["BTC", "ETH"],
 "values": [3.4, -1.2], "options": {"valueSuffix": "%"}} --><div></div>
<h2>Giá</h2><!-- CHART_DATA: {"type": "line", "title": "Bitcoin", "labels": ["24/10", "25/10"],
 "datasets": [{"label": "BTC", "data": [108.8, 108.3]}]} --><div></div>
<h2>Tỷ trọng</h2><!-- CHART_DATA: {"type": "doughnut", "title": "Tỷ trọng", "data":
 [{"label": "BTC", "value": 60}, {"label": "ETH", "value": 20}]} --><div></div>
"""
STILL = 0.01  # a few pixels of a word whose font arrived late; a line that breaks anew is more

# Adds up what moves on its own while the page loads.
SHIFTS = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      const moved = entry.sources.map(({ node }) => node?.parentElement?.outerHTML.slice(0, 90));
      window.shifts.push({ value: entry.value, moved });
    }
  }).observe({ type: "layout-shift", buffered: true });
"""

# Texts that their box cuts off; what is hidden for screen readers alone may be.
CLIPPED = """() => [...document.querySelectorAll(
  "body *:not(details:not([open]) *)"
)].filter((element) =>
  element.scrollWidth > element.clientWidth + 1
  && getComputedStyle(element).overflowX !== "visible"
  && !element.closest(".quiet, thead, .scroll, meter")
).map((element) => element.outerHTML.slice(0, 120))"""

# Texts below 11 px, in drawings too.
SMALL_TEXT = """() => [...document.querySelectorAll(
  "body *:not(details:not([open]) *), summary"
)].filter((element) =>
  [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
  && element.checkVisibility()
  && parseFloat(getComputedStyle(element).fontSize)
    * (element.getScreenCTM?.()?.a ?? 1) < 11
).map((element) => element.outerHTML.slice(0, 120))"""

# What a page must have, by name; what is false or empty is missing.
LANDMARKS = """() => ({
  "one h1": document.querySelectorAll("h1").length === 1,
  "one main": document.querySelectorAll("main").length === 1,
  "a skip link to it": document.querySelector("a.skip")?.hash === "#main",
  "header and footer": document.querySelectorAll("body > header, body > footer").length === 2,
  "named navigation": [...document.querySelectorAll("nav")].every((nav) => nav.ariaLabel),
  "a title": document.title.endsWith("Marketsite") || document.title.startsWith("Marketsite"),
  "no heading left out": [...document.querySelectorAll("h1, h2, h3, h4")]
    .map((heading) => Number(heading.tagName[1]))
    .every((level, at, levels) => level <= (levels[at - 1] ?? 0) + 1),
})"""

# A percent sign that a line may part from its number.
LOOSE_PERCENT = r"() => document.body.innerText.match(/\d\s%/g) ?? []"


def paths_of(report: Report, language: str) -> list[str]:
    at = LANGUAGES.index(language)
    return [pair[at] for pair in addresses(report).values()]


def missing(language: str) -> str:
    return MISSING if language == "vi" else f"/{language}{MISSING}"


def _broke(request: Request) -> bool:
    """Not one that was dropped because the browser went on to another page, as for an icon."""
    return request.failure != "net::ERR_ABORTED"


def load(page: Page, path: str) -> None:
    page.goto(path)
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")


def watch(page: Page) -> list[str]:
    """The addresses that the page asked for in vain from now on."""
    failed: list[str] = []
    page.on("requestfailed", lambda asked: failed.append(asked.url) if _broke(asked) else None)
    page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    return failed


@pytest.mark.timeout(400)  # some twenty seconds on a machine with nothing else to do
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_whole_in_both_themes_at_any_width(
    new_page: NewPage, faults: list[str], report: Report, archive: Archive, language: str
) -> None:
    archive(24)
    page = new_page()
    page.add_init_script(SHIFTS)
    failed = watch(page)
    for path in paths_of(report, language):
        load(page, path)
        assert list(page_faults(page, language)) == [], path
        assert (failed, faults) == ([], []), path


def test_a_site_without_a_report_and_a_missing_page_are_whole_too(
    new_page: NewPage, faults: list[str], numbers: None
) -> None:
    page = new_page()
    page.add_init_script(SHIFTS)
    for path in ("/", "/en/reports/", "/track-record/", missing("vi"), missing("en")):
        load(page, path)
        language = "en" if path.startswith("/en/") else "vi"
        assert list(page_faults(page, language)) == [], path
    assert ["status of 404" in fault for fault in faults] == [True, True]
    faults.clear()


@pytest.mark.timeout(400)
def test_simulated_numbers_and_imported_reports_are_whole_too(
    new_page: NewPage, faults: list[str], committed: None, upstreams: Upstreams, settings: Settings
) -> None:
    settings.MARKET_DEMO = "auto"
    upstreams.scenario = "down"
    refresh_indices()
    requested, _ = request_run(clock.now(), Run.Trigger.COMMAND)
    report = pipeline.run_to_end(requested.pk).report
    assert report
    foreign = clean(f"<h1>Bitcoin</h1><p>Đi ngang.</p>{CHARTS}").html
    make_report("imported", "published", origin="imported", html_content=foreign)
    page = new_page()
    page.add_init_script(SHIFTS)
    for path in ("/", "/en/indices/", f"/en/reports/{report.slug}/", "/reports/imported/"):
        load(page, path)
        assert page.locator("aside.notice").count() == 1, path
        language = "en" if path.startswith("/en/") else "vi"
        assert list(page_faults(page, language)) == [], path
        assert faults == [], path


def page_faults(page: Page, language: str) -> Iterator[Any]:
    """What is wrong with the page that is open, worst first."""
    shifts = page.evaluate("window.shifts")
    if sum(shift["value"] for shift in shifts) >= STILL:
        yield shifts
    if page.evaluate("document.documentElement.lang") != language:
        yield "another language"
    yield from [name for name, there in page.evaluate(LANDMARKS).items() if not there]
    yield from page.evaluate(LOOSE_PERCENT)
    page.evaluate("document.querySelector('.chart:last-of-type details')?.toggleAttribute('open')")
    yield from _accessibility(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            yield f"wider than {width}"
        if width not in (WIDTHS[0], WIDTHS[-1]):
            continue
        yield from [f"cut at {width}: {text}" for text in page.evaluate(CLIPPED)]
        yield from [f"small at {width}: {text}" for text in page.evaluate(SMALL_TEXT)]


def _accessibility(page: Page) -> Iterator[str]:
    """What axe finds: all rules in the light theme, those of colour in the dark one too."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    page.emulate_media(color_scheme="light")
    found = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    assert len(found["passes"]) > 15
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate("axe.run({runOnly: {type: 'rule', values: ['color-contrast']}})")
    assert dark["passes"]
    for rule in (*found["violations"], *dark["violations"]):
        for node in rule["nodes"]:
            yield f"{rule['id']}: {node['target']} {node['failureSummary']}"
    page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("kind", ["home", "detail", "index"])
def test_the_first_view_is_light(new_page: NewPage, report: Report, kind: str) -> None:
    page = new_page(PHONE)
    page.clock.install(time=AFTER_CLOSE)  # else the numbers were old, and asked for again
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: dict[str, float] = {}
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    answer = page.goto(addresses(report)[kind][0], wait_until="networkidle")
    assert answer
    text = answer.body()  # which the edge, or a proxy, sends compressed
    weight = sum(sizes.values()) - len(text) + len(gzip.compress(text))
    assert len(sizes) > 10
    assert weight <= FIRST_VIEW
