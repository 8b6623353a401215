"""A report on paper, and as one file that needs neither the site nor a network."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from reports.models import Report
from reports.publishing.portable import self_contained
from reports.publishing.publish import withdraw
from tests.browser import PHONE, NewPage
from tests.html import Page
from tests.pages import read
from tests.reports.admin import make_report

if TYPE_CHECKING:
    from playwright.sync_api import Page as BrowserPage

SITE = "http://localhost:8000"
MOST = 250_000  # bytes


def exported(client: Client, path: str) -> tuple[Page, str]:
    """The file at an address, parsed, and the name that it is saved under."""
    response = client.get(f"{path}export.html")
    assert response.status_code == 200
    assert response["X-Robots-Tag"] == "noindex"
    name = re.fullmatch('attachment; filename="([a-z0-9.-]+)"', response["Content-Disposition"])
    assert name
    assert len(response.content) < MOST
    return Page(response.content), name[1]


def test_the_file_holds_the_report_and_asks_for_nothing(client: Client, report: Report) -> None:
    for path, language, suffix in (
        (f"/reports/{report.slug}/", "vi", ""),
        (f"/en/reports/{report.slug}/", "en", "-en"),
    ):
        file, name = exported(client, path)
        page = read(client, path)
        assert name == f"{report.slug}{suffix}.html"
        assert file.one("html").get("lang") == language
        assert file.one("link").attributes == {"rel": "canonical", "href": SITE + path}
        assert file.one("h1").text == page.one("h1").text
        assert [item.text for item in file.all("h2")] == [
            item.text for item in page.all("h2") if item.get("id") != "related"
        ]
        assert len(file.all("svg", class_="plot")) == len(page.all("svg", class_="plot")) > 1
        assert len(file.all("tr")) == len(page.all("tr"))
        assert SITE + path in [item.get("href") for item in file.all("a")]
        for item in file.elements:
            assert item.tag not in {"script", "img", "iframe", "object", "form"}
            assert not {*item.attributes} & {"src", "style", "srcset"}
            if "href" in item.attributes:
                assert re.match("#|https?://", item.attributes["href"])
        style = "".join(file.one("style").parts)
        assert "url(" not in style
        assert "@import" not in style
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        policy = file.one("meta", http_equiv="Content-Security-Policy").attributes["content"]
        assert f"style-src 'sha256-{digest}'" in policy
        assert policy.startswith("default-src 'none'; ")


@pytest.mark.django_db
def test_the_file_of_a_report_without_english_is_the_vietnamese_one(client: Client) -> None:
    make_report(status="published", title_en="", html_content_en="", origin="imported")
    file, name = exported(client, "/en/reports/vn-index/")
    assert name == "vn-index.html"
    assert file.one("link").get("href") == f"{SITE}/reports/vn-index/"
    assert file.one("article").get("lang") == "vi"


@pytest.mark.django_db
def test_what_is_not_public_has_no_file(client: Client) -> None:
    make_report("waiting")
    withdrawn = make_report("withdrawn", "published")
    assert withdraw(withdrawn)
    for slug in ("waiting", "withdrawn", "nothing"):
        assert client.get(f"/reports/{slug}/export.html").status_code == 404


def test_what_a_copy_would_have_to_fetch_is_left_out() -> None:
    html = (
        '<p><a href="/indices/">a</a> <a class="x" href="//b.example/">b</a> <a href="#c">c</a>'
        '<img alt="d" src="https://d.example/d.png"><img src="data:image/png;base64,AA==" alt="e">'
    )
    assert self_contained(html, "https://site.example") == (
        '<p><a href="https://site.example/indices/">a</a> <a class="x" href="//b.example/">b</a> '
        '<a href="#c">c</a><img src="data:image/png;base64,AA==" alt="e">'
    )


def test_the_old_columns_make_a_page_of_their_own(
    new_page: NewPage, report: Report, tmp_path: Path
) -> None:
    """As the replaced system's readers put them together, and just as far from any network."""
    file = tmp_path / "columns.html"
    file.write_text(
        f"<!doctype html><html lang=vi><meta charset=utf-8><style>{report.css_content}</style>"
        f"<article class=body>{report.html_content}</article><script>{report.js_content}</script>",
        encoding="utf-8",
    )
    page = new_page(offline=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert asked == [file.as_uri()]
    figure = page.locator("svg.plot").first
    assert figure.evaluate("svg => getComputedStyle(svg.closest('figure')).borderTopStyle") == (
        "solid"
    )
    closes = page.evaluate("window.marketsiteCharts.vnindex.closes")
    assert closes[-1] == "1768.12"


def test_the_file_opens_without_a_network_with_its_charts(
    new_page: NewPage, client: Client, report: Report, tmp_path: Path
) -> None:
    """`new_page` fails the test for any violation of the policy and any error of the console."""
    file = tmp_path / "report.html"
    file.write_bytes(client.get(f"/en/reports/{report.slug}/export.html").content)
    for width, theme in ((1280, "light"), (PHONE, "dark")):
        page = new_page(width, theme, offline=True)
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(file.as_uri())
        assert asked == [file.as_uri()]
        chart = page.locator("svg.plot").first.bounding_box()
        assert chart
        assert chart["width"] > width / 3
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert paper == {"light": "rgb(251, 250, 247)", "dark": "rgb(18, 21, 26)"}[theme]
        row = page.locator(".proofs tbody tr").first
        assert not row.is_visible()
        page.locator(".checks summary").click()
        assert row.is_visible()


# Paper


def pages_of(pdf: bytes) -> list[tuple[float, float]]:
    """The size of each page of a PDF in points."""
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    return [(round(float(width)), round(float(height))) for width, height in boxes]


def shown(page: BrowserPage, selector: str) -> bool:
    return page.locator(selector).first.is_visible()


def test_on_paper_a_report_is_its_text_with_everything_laid_open(
    new_page: NewPage, report: Report
) -> None:
    sources = (
        '<ol class="sources"><li><a href="https://a.example/long">A</a></li></ol><p>'
        '<a href="https://b.example/">B</a></p>'
    )
    Report.objects.filter(pk=report.pk).update(html_content=report.html_content + sources)
    page = new_page(theme="dark")
    page.goto(f"/reports/{report.slug}/")
    assert not shown(page, ".printed")
    page.emulate_media(media="print", color_scheme="dark")
    for control in ("header.site nav", ".tools", ".strip", ".toc", ".actions", "footer.site"):
        assert not shown(page, control), control
    for part in ("h1", ".brand", ".plot", ".chart table", ".proofs td", ".evidence td", ".printed"):
        assert shown(page, part), part
    address = page.locator(".printed").evaluate("(p) => getComputedStyle(p, '::before').content")
    assert f"{SITE}/reports/{report.slug}/" in address
    after = "(link) => getComputedStyle(link, '::after').content"
    assert "https://a.example/long" in page.locator(".sources a").evaluate(after)
    assert page.locator('a[href="https://b.example/"]').evaluate(after) == "none"
    colours = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    sizes = pages_of(page.pdf(prefer_css_page_size=True))
    assert {*sizes} == {(595, 842)}
    assert 5 < len(sizes) < 17  # some ten of them hold the proofs
