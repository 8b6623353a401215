"""The newest reports for feed readers: Atom, RSS and JSON Feed, each with the full text.

A reader's program has no style of ours and runs nothing: charts become their tables, figures plain
text, and the table of all evidence a link to the page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.sax.xmlreader import AttributesImpl

import nh3
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.feedgenerator import (
    Atom1Feed,
    Rss201rev2Feed,
    SyndicationFeed,
    rfc3339_date,
)
from django.utils.html import format_html
from django.utils.translation import gettext, override
from django.utils.xmlutils import SimplerXMLGenerator

from marketsite.language import page_language
from reports.models import Report
from reports.publishing.metadata import author_name, card_url
from reports.publishing.page import ReportPage

NEWEST = 20
MOST_BYTES = 1_000_000  # of articles in a feed: it is made in memory
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
UNREAD = ("document", "document_en", "facts", "css_content", "js_content", "js_content_en")
EVIDENCE = re.compile(r'<div class="evidence">(?:<details>.*?</details>\s*)*</div>', re.DOTALL)
FIGURE = re.compile(r'<a class="fig[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
SUMMARY = re.compile(r"<summary\b[^>]*>.*?</summary>", re.DOTALL)
# What XML cannot say: one such character would take the feed from all its readers.
UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
TAGS = {
    "a", "aside", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "dd", "dl", "dt",
    "em", "figcaption", "figure", "h2", "h3", "h4", "hr", "i", "img", "li", "ol", "p", "pre", "q",
    "s", "small", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time",
    "tr", "u", "ul",
}  # fmt: skip
GONE = {
    "audio", "button", "form", "iframe", "math", "meter", "object", "script", "style", "svg",
    "video",
}  # fmt: skip
ATTRIBUTES = {
    "*": {"lang"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A report as every kind of feed tells it; `reviewer` is "" when nobody read it."""

    id: str
    url: str
    title: str
    summary: str
    html: str
    published: datetime
    updated: datetime
    writer: str
    reviewer: str
    categories: tuple[str, ...]
    image: str


def newest() -> list[Entry]:
    """The newest public reports that are no short notes, in the language of the request.

    A report without English is not in the English feed: a feed speaks one language. Where articles
    are large there are fewer of them.
    """
    rows, column = Report.objects.published().filter(is_note=False), "html_content"
    if page_language() == "en":
        rows, column = rows.exclude(html_content_en="").exclude(title_en=""), "html_content_en"
    fitting = rows[:NEWEST].fitting(column, MOST_BYTES)
    found = Report.objects.published().filter(pk__in=fitting)
    return [_entry(report) for report in found.defer(*UNREAD).select_related("reviewed_by")]


def atom(entries: Sequence[Entry]) -> str:
    about = _about("feed-atom")
    return _written(_Atom(**about, subtitle=_description(), feed_guid=about["feed_url"]), entries)


def rss(entries: Sequence[Entry]) -> str:
    return _written(_Rss(**_about("feed-rss")), entries)


def json_feed(entries: Sequence[Entry]) -> str:
    """JSON Feed 1.1; `language` and `authors` stand where the version has them."""
    about = _about("feed-json")
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": about["title"],
        "home_page_url": about["link"],
        "feed_url": about["feed_url"],
        "description": about["description"],
        "icon": _static("img/logo.png"),
        "language": page_language(),
        "authors": [{"name": "Marketsite", "url": about["link"]}],
        "items": [_json_item(entry) for entry in entries],
    }
    return json.dumps(feed, ensure_ascii=False, separators=(",", ":"))


def reading_text(html: str, url: str) -> str:
    """An article as a feed reader can show it: an allow-list of plain elements, absolute links."""
    pointer = format_html(
        '<p><a href="{}#numbers">{}</a></p>', url, gettext("All figures with their sources")
    )
    html = SUMMARY.sub("", FIGURE.sub(r"\1", EVIDENCE.sub(pointer, html)))

    def attribute(_tag: str, name: str, value: str) -> str | None:
        return urljoin(url, value) if name in {"href", "src"} else value

    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=GONE,
        attributes=ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    ).strip()


def _entry(report: Report) -> Entry:
    published = report.published_at or report.created_at
    page = ReportPage(report)
    url = f"{settings.SITE_URL}{report.get_absolute_url()}"
    return Entry(
        id=_tag(url, published),
        url=url,
        title=UNSAYABLE.sub("", report.headline),
        summary=UNSAYABLE.sub("", report.standfirst),
        html=UNSAYABLE.sub("", reading_text(report.localised_html(), url)),
        published=published,
        updated=max(report.updated_at, published),
        writer=author_name(page),
        reviewer=page.reviewer,
        categories=_categories(page),
        image=card_url(report, page_language()),
    )


def _tag(url: str, published: datetime) -> str:
    """A tag URI (RFC 4151): both of what it is made of stay what they are for good."""
    parts = urlsplit(url)
    return f"tag:{parts.hostname},{published:%Y-%m-%d}:{parts.path}"


def _categories(page: ReportPage) -> tuple[str, ...]:
    simulated = (gettext("simulated data"),) if page.report.simulated else ()
    return page.subject, str(page.report.get_edition_display()), *simulated


def _about(view: str) -> dict[str, Any]:
    return {
        "title": f"Marketsite · {gettext('Vietnamese market reports')}",
        "link": f"{settings.SITE_URL}{reverse('home')}",
        "description": _description(),
        "language": page_language(),
        "feed_url": f"{settings.SITE_URL}{reverse(view)}",
    }


def _description() -> str:
    return gettext("Scheduled, bilingual, and every figure can be traced to its source.")


def _static(name: str) -> str:
    return f"{settings.SITE_URL}{static(name)}"


def _written(feed: SyndicationFeed, entries: Sequence[Entry]) -> str:
    for entry in entries:
        feed.add_item(
            title=entry.title,
            link=entry.url,
            description=entry.summary,
            unique_id=entry.id,
            unique_id_is_permalink=False,
            author_name=entry.writer,
            pubdate=entry.published,
            updateddate=entry.updated,
            categories=entry.categories,
            entry=entry,
        )
    return feed.writeString("utf-8")


def _json_item(entry: Entry) -> dict[str, Any]:
    names = [name for name in (entry.writer, entry.reviewer) if name]
    return {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content_html": entry.html,
        "image": entry.image,
        "date_published": rfc3339_date(entry.published),
        "date_modified": rfc3339_date(entry.updated),
        "authors": [{"name": name} for name in names],
        "tags": list(entry.categories),
        "language": page_language(),
    }


def _other_language(view: str) -> tuple[str, str]:
    """The feed in the other language: its code and its address."""
    code = "vi" if page_language() == "en" else "en"
    with override(code):
        return code, f"{settings.SITE_URL}{reverse(view)}"


class _Dated(SyndicationFeed):
    """A feed without an entry is of no date, where Django would write the present moment: what is
    sent depends on the reports alone.
    """

    def latest_post_date(self) -> datetime:
        return super().latest_post_date() if self.items else NEVER


class _Atom(_Dated, Atom1Feed):
    """With the full text, the reviewer, an icon, and a link to the other language's feed."""

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        code, url = _other_language("feed-atom")
        kind = "application/atom+xml"
        handler.addQuickElement(
            "link", None, {"rel": "alternate", "type": kind, "hreflang": code, "href": url}
        )
        handler.addQuickElement("icon", _static("img/logo.png"))

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        entry: Entry = item["entry"]
        handler.addQuickElement("content", entry.html, {"type": "html", "xml:base": entry.url})
        if entry.reviewer:
            handler.startElement("contributor", AttributesImpl({}))
            handler.addQuickElement("name", entry.reviewer)
            handler.endElement("contributor")


class _Rss(_Dated, Rss201rev2Feed):
    """With the full text and the reviewer, by the usual two modules."""

    def rss_attributes(self) -> dict[str, str]:
        attributes: dict[str, str] = super().rss_attributes()
        return attributes | {
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
        }

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        entry: Entry = item["entry"]
        handler.addQuickElement("content:encoded", entry.html)
        if entry.reviewer:
            handler.addQuickElement("dc:contributor", entry.reviewer)
