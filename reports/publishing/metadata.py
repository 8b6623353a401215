"""What a page says of itself to search engines and to sites that show a link to it.

The vocabulary is schema.org's, with what Google asks of a news article.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, override

from reports.models import Report
from reports.publishing.page import ReportPage

LONGEST_HEADLINE = 110  # what Google shows of it
CARD_SIZE = (1200, 630)
LOGO_SIZE = 512
SOURCES = re.compile(r'<ol class="sources">(.*?)</ol>', re.DOTALL)
SOURCE_LINK = re.compile(r'<a href="(https?://[^"]+)"[^>]*>(.*?)</a>', re.DOTALL)
# JSON that stands inside a <script> element must not end it or look like markup
ESCAPES = {ord(mark): f"\\u{ord(mark):04X}" for mark in "<>&\u2028\u2029"}

Thing = dict[str, Any]


def script(data: Thing) -> SafeString:
    """A data block: browsers run nothing of its type, so that no policy has to allow it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308


def card_url(report: Report | None, language: str) -> str:
    """The picture of a report's page; the site's own for a short note or another page."""
    if report is None or report.is_note:
        return f"{settings.SITE_URL}{static('img/card.png')}"
    with override(language):
        return f"{settings.SITE_URL}{reverse('report-card', args=[report.slug])}"


def site() -> Thing:
    """The home page: the site, and who publishes it."""
    home = f"{settings.SITE_URL}{reverse('home')}"
    website = {
        "@type": "WebSite",
        "@id": f"{home}#site",
        "url": home,
        "name": "Marketsite",
        "description": gettext(
            "Scheduled, bilingual, and every figure can be traced to its source."
        ),
        "inLanguage": get_language() or "vi",
        "publisher": {"@id": publisher()["@id"]},
    }
    return {"@context": "https://schema.org", "@graph": [website, publisher()]}


def publisher() -> Thing:
    return {
        "@type": "Organization",
        "@id": f"{settings.SITE_URL}/#publisher",
        "name": "Marketsite",
        "url": f"{settings.SITE_URL}/",
        "logo": {
            "@type": "ImageObject",
            "url": f"{settings.SITE_URL}{static('img/logo.png')}",
            "width": LOGO_SIZE,
            "height": LOGO_SIZE,
        },
    }


def article(page: ReportPage, url: str) -> Thing:
    """A published report as schema.org's NewsArticle; `url` is its canonical address."""
    report = page.report
    published = report.published_at or report.created_at
    language = "vi" if page.untranslated else get_language() or "vi"
    found: Thing = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": url},
        "url": url,
        "headline": headline(report.headline),
        "description": report.standfirst,
        "image": [_image(card_url(report, language))],
        "datePublished": _iso(published),
        "dateModified": _iso(max(report.updated_at, published)),
        "author": [_author(page)],
        "publisher": publisher(),
        "inLanguage": language,
        "articleSection": str(report.get_edition_display()),
        "isAccessibleForFree": True,
    }
    if report.reviewed_by and (name := report.reviewed_by.get_full_name()):
        found["editor"] = {"@type": "Person", "name": name}
    if sources := cited(report.localised_html()):
        found["isBasedOn"] = sources
    return found


def breadcrumbs(report: Report, url: str) -> Thing:
    """Where a report stands: home, all reports, this one."""
    steps = (
        (gettext("Home"), f"{settings.SITE_URL}{reverse('home')}"),
        (gettext("Reports"), f"{settings.SITE_URL}{reverse('report-list')}"),
        (report.headline, url),
    )
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": item}
            for position, (name, item) in enumerate(steps, start=1)
        ],
    }


def headline(title: str) -> str:
    """The title, shortened between two words where it is too long to be shown."""
    if len(title) <= LONGEST_HEADLINE:
        return title
    cut = title[: LONGEST_HEADLINE - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:–-") + "…"


def cited(html: str) -> list[Thing]:
    """What an article cites, from its list of sources."""
    listed = SOURCES.search(html)
    return [
        {"@type": "CreativeWork", "name": unescape(strip_tags(name)), "url": unescape(url)}
        for url, name in SOURCE_LINK.findall(listed[1] if listed else "")
    ]


def author_name(page: ReportPage) -> str:
    """The site, with the model or the rules that it wrote with: no person wrote the text."""
    return f"Marketsite ({page.writers})" if page.report.writer else "Marketsite"


def _author(page: ReportPage) -> Thing:
    return {
        "@type": "Organization",
        "name": author_name(page),
        "url": f"{settings.SITE_URL}{reverse('method')}",
    }


def _image(url: str) -> Thing:
    width, height = CARD_SIZE
    return {"@type": "ImageObject", "url": url, "width": width, "height": height}


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
