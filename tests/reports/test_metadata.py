"""What a page says of itself: to search engines, and to sites that show a link to it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from reports.models import Report
from reports.publishing import metadata
from tests.html import Page
from tests.pages import address, read
from tests.people import superuser
from tests.reports.admin import make_report

SITE = "http://localhost:8000"
SOURCES = (
    '<p>Giá</p><ol class="sources"><li id="s-1"><a href="https://a.example/x?a=1&amp;b=2" '
    'rel="nofollow">Ngân hàng &amp; chứng khoán</a> <span>A</span></li>'
    '<li id="s-2"><a href="https://b.example/">B</a></li></ol>'
)
# What Google asks of a NewsArticle, and schema.org of what is inside it
ARTICLE = {
    "headline": str,
    "description": str,
    "image": list,
    "datePublished": str,
    "dateModified": str,
    "author": list,
    "publisher": dict,
    "inLanguage": str,
    "mainEntityOfPage": dict,
    "url": str,
}


@pytest.fixture
def published(db: None) -> Report:
    user = superuser("lan")
    user.first_name, user.last_name = "Lan", "Nguyễn"
    user.save()
    return make_report("newest", "published", reviewed_by=user, html_content=SOURCES)


def things(page: Page) -> dict[str, dict[str, Any]]:
    """The page's structured data by its type; not one of them ends its element early."""
    blocks = page.all("script", type="application/ld+json")
    found = [json.loads("".join(block.parts)) for block in blocks]
    for item in found:
        assert item["@context"] == "https://schema.org"
    return {item.get("@type", "graph"): item for item in found}


def properties(page: Page) -> dict[str, str]:
    tags = page.all("meta")
    names = [item.get("property") or item.get("name") for item in tags if item.get("content")]
    assert len(names) == len(set(names))
    return {
        name: item.attributes["content"]
        for item in tags
        if (name := item.get("property") or item.get("name"))
    }


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_report_has_what_is_asked_of_a_news_article(
    client: Client, published: Report, language: str
) -> None:
    url = SITE + address("report-detail", language, published.slug)
    article = things(read(client, url.removeprefix(SITE)))["NewsArticle"]
    for name, kind in ARTICLE.items():
        assert isinstance(article[name], kind), name
        assert article[name], name
    assert len(article["headline"]) <= 110
    assert article["url"] == article["mainEntityOfPage"]["@id"] == url
    assert article["inLanguage"] == language
    (image,) = article["image"]
    assert (image["url"], image["width"], image["height"]) == (f"{url}card.png", 1200, 630)
    assert datetime.fromisoformat(article["datePublished"]) == published.published_at
    assert article["dateModified"] >= article["datePublished"]
    (author,) = article["author"]
    assert author["@type"] == "Organization"
    assert author["name"].startswith("Marketsite (")
    assert client.get(author["url"].removeprefix(SITE)).status_code == 200
    logo = article["publisher"]["logo"]
    assert article["publisher"]["name"] == "Marketsite"
    assert client.get(logo["url"].removeprefix(SITE))["Content-Type"] == "image/png"
    assert article["editor"] == {"@type": "Person", "name": "Lan Nguyễn"}
    if language == "vi":
        assert article["isBasedOn"] == [
            {
                "@type": "CreativeWork",
                "name": "Ngân hàng & chứng khoán",
                "url": "https://a.example/x?a=1&b=2",
            },
            {"@type": "CreativeWork", "name": "B", "url": "https://b.example/"},
        ]
    else:
        assert "isBasedOn" not in article


def test_breadcrumbs_lead_from_the_home_page_to_the_report(
    client: Client, published: Report
) -> None:
    path = address("report-detail", "en", published.slug)
    steps = things(read(client, path))["BreadcrumbList"]["itemListElement"]
    assert [step["position"] for step in steps] == [1, 2, 3]
    assert [step["item"] for step in steps] == [f"{SITE}/en/", f"{SITE}/en/reports/", SITE + path]
    assert [step["name"] for step in steps] == ["Home", "Reports", published.title_en]


def test_the_home_page_names_the_site_and_its_publisher(client: Client, published: Report) -> None:
    graph = things(read(client, "/"))["graph"]["@graph"]
    site, publisher = graph
    assert (site["@type"], site["url"], site["inLanguage"]) == ("WebSite", f"{SITE}/", "vi")
    assert site["publisher"]["@id"] == publisher["@id"]
    assert publisher["@type"] == "Organization"
    assert "NewsArticle" not in things(read(client, "/"))


def test_a_link_to_a_report_shows_its_title_and_its_picture(
    client: Client, published: Report
) -> None:
    url = SITE + address("report-detail", "en", published.slug)
    found = properties(read(client, url.removeprefix(SITE)))
    assert found["og:type"] == "article"
    assert found["og:title"] == published.title_en
    assert found["og:description"] == published.summary_en == found["description"]
    assert found["og:url"] == url
    assert found["og:locale"] == "en_GB"
    assert found["og:image"] == f"{url}card.png"
    assert (found["og:image:width"], found["og:image:height"]) == ("1200", "630")
    assert found["twitter:card"] == "summary_large_image"
    assert datetime.fromisoformat(found["article:published_time"]) == published.published_at


def test_a_link_to_any_other_page_shows_that_page(client: Client, published: Report) -> None:
    for name in ("home", "report-list", "indices", "about"):
        page = read(client, address(name, "vi"))
        found = properties(page)
        assert found["og:title"] == page.one("title").text
        assert found["og:description"] == found["description"]
        assert found["og:type"] == "website"
        assert found["og:url"] == SITE + address(name, "vi")
        picture = client.get(found["og:image"].removeprefix(SITE))
        assert picture["Content-Type"] == "image/png"


def test_a_short_note_shows_the_site_s_own_picture(client: Client, published: Report) -> None:
    Report.objects.filter(pk=published.pk).update(is_note=True)
    found = properties(read(client, f"/reports/{published.slug}/"))
    assert "/static/img/card." in found["og:image"]


def test_a_report_without_english_is_the_vietnamese_one(client: Client, published: Report) -> None:
    Report.objects.filter(pk=published.pk).update(html_content_en="", title_en="", summary_en="")
    page = read(client, f"/en/reports/{published.slug}/")
    url = f"{SITE}/reports/{published.slug}/"
    assert page.one("link", rel="canonical").get("href") == url
    assert [item for item in page.all("link") if item.get("hreflang")] == []
    article = things(page)["NewsArticle"]
    assert (article["url"], article["inLanguage"]) == (url, "vi")
    assert article["headline"] == published.title
    found = properties(page)
    assert (found["og:url"], found["og:image"]) == (url, f"{url}card.png")
    assert found["og:locale"] == "vi_VN"


def test_a_preview_says_nothing_to_anybody(client: Client, published: Report) -> None:
    waiting = make_report("waiting")
    client.force_login(superuser("chief"))
    page = read(client, f"/reports/{waiting.slug}/")
    assert properties(page)["robots"] == "noindex"
    assert things(page) == {}
    assert not [name for name in properties(page) if name.startswith("og:")]
    assert page.all("link", rel="canonical") == []


def test_no_text_can_leave_its_data_block(client: Client, published: Report) -> None:
    title = "</script><script>x()</script><!-- &amp; \u2028 \" ' Đỉnh"
    Report.objects.filter(pk=published.pk).update(title=title)
    response = client.get(f"/reports/{published.slug}/")
    page = Page(response.content)
    assert things(page)["NewsArticle"]["headline"] == title
    assert properties(page)["og:title"] == title
    assert b"<script>x()" not in response.content
    for block in page.all("script", type="application/ld+json"):
        assert not {*"".join(block.parts)} & {*"<>&\u2028"}


def test_a_headline_is_shortened_between_words() -> None:
    assert metadata.headline("Ngắn") == "Ngắn"
    long = "Thanh khoản tăng, " * 8
    assert metadata.headline(long) == "Thanh khoản tăng, " * 5 + "Thanh khoản tăng…"
    assert len(metadata.headline("x" * 200)) == 110


def test_the_site_s_pictures_are_as_large_as_it_says() -> None:
    from PIL import Image

    for name, size in (
        ("img/card.png", metadata.CARD_SIZE),
        ("img/logo.png", (metadata.LOGO_SIZE, metadata.LOGO_SIZE)),
    ):
        with Image.open(finders.find(name)) as image:
            assert image.size == size


def test_the_language_switch_keeps_the_page_and_its_query(
    client: Client, published: Report
) -> None:
    for path in ("/reports/newest/", "/indices/vnindex/?range=1y", "/reports/?q=chi"):
        (switch,) = [item for item in read(client, path).all("a") if item.get("hreflang") == "en"]
        assert switch.get("href") == f"/en{path}"
        there = read(client, f"/en{path}")
        (back,) = [item for item in there.all("a") if item.get("hreflang") == "vi"]
        assert back.get("href") == path
