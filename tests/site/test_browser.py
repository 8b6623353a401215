"""The public pages in a real Chromium: no fault, no overflow, accessible, and alive."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from pytest_django import Settings

from reports.models import Report
from tests.browser import DESKTOP, PHONE, NewPage
from tests.pages import LANGUAGES, addresses

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser import Theme

pytestmark = pytest.mark.browser

THEMES: list[Theme] = ["light", "dark"]


def test_colours_are_measured_against_each_other_in_both_themes(
    new_page: NewPage, report: Report
) -> None:
    for theme in THEMES:
        page = new_page(DESKTOP, theme)
        page.goto("/")
        ratios = page.evaluate(CONTRAST)
        assert len(ratios) == 3 * 9 + 4
        assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}
        page.context.close()


# The contrast of every text colour on every ground that it may stand on, by WCAG's formula.
CONTRAST = """() => {
  const probe = document.body.appendChild(document.createElement("p"));
  const canvas = document.createElement("canvas")
    .getContext("2d", { willReadFrequently: true });
  const luminance = (name) => {
    probe.style.color = `var(--${name})`;
    canvas.fillStyle = getComputedStyle(probe).color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const inks = ["ink", "soft", "accent", "up", "down", "flat", "ceiling", "floor"];
  const pairs = ["paper", "raised", "note"].flatMap((ground) =>
    inks.map((ink) => [ink, ground]));
  pairs.push(["up", "ok"], ["ink", "ok"], ["soft", "ok"], ["paper", "ink"], ["paper", "accent"],
    ["raised", "accent"], ["raised", "ink"]);
  const measured = ([one, other]) => [`${one} on ${other}`, contrast(one, other)];
  return Object.fromEntries(pairs.map(measured));
}"""


def test_a_chosen_theme_stays_and_is_there_before_the_page_is_drawn(
    new_page: NewPage, report: Report
) -> None:
    page = new_page(DESKTOP, "light")
    page.add_init_script(NOTE_THEME)
    page.goto("/")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    button = page.locator("#theme")
    names = []
    for _ in range(3):
        names.append(button.get_attribute("aria-label"))
        button.click()
    assert names == ["Giao diện: tự động", "Giao diện: sáng", "Giao diện: tối"]
    button.click()
    button.click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.goto("/reports/")
    assert page.evaluate("window.themeBeforeBody") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != ground
    page.locator("#theme").click()
    page.goto("/indices/")
    assert page.evaluate("window.themeBeforeBody") is None
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground


# What the theme is when the body begins: nothing is painted before that.
NOTE_THEME = """
  window.themeBeforeBody = "unknown";
  new MutationObserver((_, observer) => {
    if (!document.body) return;
    window.themeBeforeBody = document.documentElement.dataset.theme;
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
"""


def test_the_keyboard_reaches_everything_in_the_order_of_the_page(
    browser_page: Page, report: Report
) -> None:
    browser_page.goto("/")
    browser_page.keyboard.press("Tab")
    skip = browser_page.locator(".skip")
    assert browser_page.evaluate("document.activeElement.className") == "skip"
    assert skip.bounding_box()["x"] >= 0  # type: ignore[index]
    order = []
    for _ in range(7):
        browser_page.keyboard.press("Tab")
        order.append(browser_page.evaluate("document.activeElement.textContent.trim()"))
        outline = browser_page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
    assert order == [
        "Marketsite",
        "Báo cáo",
        "Các chỉ số",
        "Nhật ký dự báo",
        "Tìm trong báo cáo",
        "English",
        "◐",
    ]
    skip.focus()
    browser_page.keyboard.press("Enter")
    assert browser_page.evaluate("document.activeElement.id") == "main"
    browser_page.locator("#theme").focus()
    browser_page.keyboard.press("Enter")
    assert browser_page.evaluate("document.documentElement.dataset.theme") == "light"
    browser_page.locator(".tools [hreflang=en]").focus()
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url("**/en/")


def test_a_figure_tells_its_source_to_the_keyboard_and_escape_hides_it(
    browser_page: Page, report: Report, settings: Settings
) -> None:
    settings.CONTACT_EMAIL = "desk@example.org"
    browser_page.goto(_address(report))
    figure = browser_page.locator("a.fig[href='#n-vnindex-volume']").first
    assert _told(figure) == "none"
    browser_page.locator("a.fig").first.focus()
    while not figure.evaluate("figure => figure === document.activeElement"):
        browser_page.keyboard.press("Tab")
    assert _told(figure) == '"783.548.119 · Vietcap · 21/8/2026, 14:45\u00a0(GMT+7)"'
    browser_page.keyboard.press("Escape")
    assert _told(figure) == "none"
    figure.focus()
    browser_page.keyboard.press("Enter")
    assert browser_page.evaluate("location.hash") == "#n-vnindex-volume"
    letter = unquote(browser_page.locator("[data-wrong-figure]").get_attribute("href") or "")
    assert letter.startswith(f"mailto:desk@example.org?subject=Số liệu sai: {report.title}&body=")
    assert "\nSố liệu: 783,5\u00a0triệu\u00a0cổ phiếu (#n-vnindex-volume)\n" in letter


def test_a_tap_tells_and_a_second_one_opens_the_proof(new_page: NewPage, report: Report) -> None:
    page = new_page(PHONE, has_touch=True, is_mobile=True)
    page.goto(_address(report))
    figure = page.locator("a.fig[href='#n-hnxindex-close']").first
    row = page.locator("#n-hnxindex-close")
    assert not row.is_visible()
    figure.tap()
    assert "Vietcap" in _told(figure)
    assert page.evaluate("location.hash") == ""
    figure.tap()
    row.wait_for(state="visible")
    assert page.evaluate("location.hash") == "#n-hnxindex-close"
    assert "284,07" in row.inner_text()


def _told(figure: Any) -> str:
    content: str = figure.evaluate("figure => getComputedStyle(figure, '::after').content")
    return content


def _address(report: Report, language: str = "vi") -> str:
    return addresses(report)["detail"][LANGUAGES.index(language)]


def test_the_contents_mark_the_section_being_read(browser_page: Page, report: Report) -> None:
    browser_page.goto(_address(report))
    current = browser_page.locator(".toc [aria-current]")
    assert current.get_attribute("href") == "#what-happened"
    browser_page.locator("#trend h2").evaluate("heading => heading.scrollIntoView()")
    browser_page.wait_for_selector(".toc [href='#trend'][aria-current]")
    assert current.count() == 1
    browser_page.evaluate("scrollTo(0, document.body.scrollHeight)")
    browser_page.wait_for_selector(".toc [href='#numbers'][aria-current]")


def test_a_line_chart_is_read_under_the_pointer(browser_page: Page, report: Report) -> None:
    browser_page.goto(_address(report))
    plot = browser_page.locator(".plot:has(.line)")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box
    browser_page.mouse.move(box["x"] + 1, box["y"] + 100)
    reading = plot.locator(".reading text")
    first = browser_page.locator(".chart:has(.line) tbody tr").last.locator("th, td")
    assert _cells(reading.text_content()) == first.all_text_contents()
    browser_page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 100)
    assert "1.768,12" in (reading.text_content() or "")
    browser_page.mouse.move(box["x"], box["y"] - 60)
    assert not reading.is_visible()


def _cells(text: str | None) -> list[str]:
    """Day and values of a reading."""
    return re.findall(r"\d+/\d+/\d+|\d[\d.]*,\d+", text or "")


def test_without_scripts_everything_can_be_read_and_followed(
    new_page: NewPage, report: Report
) -> None:
    page = new_page(PHONE, java_script_enabled=False)
    page.goto(_address(report))
    assert "1.768,12" in page.locator("[data-index=vnindex]").inner_text()
    assert not page.locator("#theme").is_visible()
    assert page.locator("section").count() == page.locator(".toc a").count() > 3
    page.locator("a.fig[href='#n-vnindex-close']").first.click()
    assert page.locator("#n-vnindex-close").is_visible()
    page.locator(".tools [hreflang=en]").click()
    page.wait_for_url("**/en/**")
    assert "VN-Index climbed" in page.locator("h1").inner_text()


def test_a_printed_report_brings_its_proofs_and_leaves_the_rest(
    browser_page: Page, report: Report
) -> None:
    browser_page.goto(_address(report))
    browser_page.emulate_media(media="print")
    browser_page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert browser_page.locator("#n-upcomindex-close").is_visible()
    for part in (".strip", ".tools", ".toc", "header.site nav", ".chart summary"):
        assert not browser_page.locator(part).first.is_visible(), part
    browser_page.evaluate("dispatchEvent(new Event('afterprint'))")
    browser_page.emulate_media(media="screen")
    assert not browser_page.locator("#n-upcomindex-close").is_visible()
