"""What search engines are told of: an index of parts, each with its addresses in both languages.

Written by hand and not by Django's framework, which for addresses in two languages makes a list of
all rows for each part, and a template of 20,000 variables of its 5,000 addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from django.conf import settings
from django.db import connection
from django.db.models import Max, Min, Q, QuerySet
from django.urls import reverse
from django.utils.translation import override

from market.models import Index
from reports.models import Report

PART = 500  # reports, each at up to two addresses: some 10 ms of work
PAGES = "pages"
SLUG = "0-slug-0"  # stands for any report's in an address
OPEN = '<?xml version="1.0" encoding="UTF-8"?>\n'
SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
LINKS = 'xmlns:xhtml="http://www.w3.org/1999/xhtml"'
# Pages by their names, and whether they change with each report
NAMED = {
    "home": True,
    "report-list": True,
    "indices": False,
    "track-record": True,
    "about": False,
    "method": False,
    "contact": False,
    "api-docs": False,
}
# Each year is a range of the index: grouped by an expression, 100,000 rows would be sorted.
YEARS = """
    SELECT year, reports, changed FROM generate_series(%s, %s) AS year
    CROSS JOIN LATERAL (
        SELECT count(*), max(updated_at) FROM reports_report
        WHERE status = 'published' AND NOT is_note
            AND published_at >= make_timestamptz(year, 1, 1, 0, 0, 0, 'UTC')
            AND published_at < make_timestamptz(year + 1, 1, 1, 0, 0, 0, 'UTC')
    ) AS found (reports, changed)
    ORDER BY year
"""

Addresses = Mapping[str, str]  # of one page, by language


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the sitemap, with the time of the newest change in it as far as it is known."""

    name: str
    changed: datetime | None


def index() -> str:
    """The list of parts. What counts 100,000 reports reads one index of the database."""
    found = "".join(
        f"<sitemap><loc>{_absolute(f'/sitemap-{part.name}.xml')}</loc>{_lastmod(part.changed)}"
        "</sitemap>\n"
        for part in _parts()
    )
    return f"{OPEN}<sitemapindex {SPACE}>\n{found}</sitemapindex>\n"


def part(name: str) -> str | None:
    """One file by its name in the index; None for a name that is not in it."""
    if name == PAGES:
        return _file(_pages())
    match = re.fullmatch(r"reports-([12][0-9]{3})-([1-9][0-9]{0,3})", name)
    if match is None:
        return None
    first = (int(match[2]) - 1) * PART
    rows = _of_year(int(match[1])).order_by("published_at", "pk")[first : first + PART]
    urls = list(_reports(rows))
    return _file(urls) if urls else None


def _listed() -> QuerySet[Report]:
    return Report.objects.filter(status=Report.Status.PUBLISHED, is_note=False)


def _of_year(year: int) -> QuerySet[Report]:
    start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    return _listed().filter(published_at__gte=start, published_at__lt=end)


def _parts() -> Iterator[Part]:
    """A year's parts share the time of its newest change, which costs one look instead of many."""
    years = _years()
    yield Part(PAGES, max((changed for _, _, changed in years), default=None))
    for year, reports, changed in years:
        for number in range(1, -(-reports // PART) + 1):
            yield Part(f"reports-{year}-{number}", changed)


def _years() -> list[tuple[int, int, datetime]]:
    """How many reports each year has, and when the last of them was changed, oldest first."""
    ends = _listed().aggregate(first=Min("published_at"), last=Max("published_at"))
    if ends["first"] is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(YEARS, [ends[name].astimezone(UTC).year for name in ("first", "last")])
        return [(year, reports, changed) for year, reports, changed in cursor if reports]


def _pages() -> Iterator[str]:
    newest = _listed().order_by("-published_at").values_list("published_at", flat=True).first()
    for name, changes in NAMED.items():
        yield _urls(_addresses(name), newest if changes else None)
    for key in Index.objects.filter(active=True).values_list("key", flat=True):
        yield _urls(_addresses("index-detail", key), None)


def _reports(rows: QuerySet[Report]) -> Iterator[str]:
    both = _addresses("report-detail", SLUG)
    known = rows.annotate(translated=~Q(html_content_en="")).values_list(
        "slug", "translated", "updated_at"
    )
    for slug, translated, changed in known:
        languages = both if translated else {"vi": both["vi"]}
        yield _urls({code: url.replace(SLUG, slug) for code, url in languages.items()}, changed)


def _addresses(view: str, *arguments: str) -> Addresses:
    found = {}
    for code, _ in settings.LANGUAGES:
        with override(code):
            found[code] = _absolute(reverse(view, args=arguments))
    return found


def _absolute(path: str) -> str:
    return escape(f"{settings.SITE_URL}{path}")


def _urls(addresses: Addresses, changed: datetime | None) -> str:
    """The page's entries, one for each language, each with the links to all of them."""
    links = ""
    if len(addresses) > 1:
        pairs = [*addresses.items(), ("x-default", addresses["vi"])]
        links = "".join(
            f'<xhtml:link rel="alternate" hreflang="{code}" href="{url}"/>' for code, url in pairs
        )
    lastmod = _lastmod(changed)
    return "".join(f"<url><loc>{url}</loc>{lastmod}{links}</url>\n" for url in addresses.values())


def _file(urls: Iterable[str]) -> str:
    return f"{OPEN}<urlset {SPACE} {LINKS}>\n{''.join(urls)}</urlset>\n"


def _lastmod(changed: datetime | None) -> str:
    if changed is None:
        return ""
    return f"<lastmod>{changed.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</lastmod>"
