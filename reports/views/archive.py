"""The archive of published reports: by year and month, by symbol and type, and by words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import get_script_prefix, reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from market import formats
from reports import listing, search
from reports.highlights import Hit, hits
from reports.listing import Cursor, Filters
from reports.models import Report
from reports.views.pages import next_report

PAGE_SIZE = 20
MANY = 8  # links of a kind that stand open
NEWEST = 3  # reports to go on with where nothing was found
LONGEST_PAGE = 3  # digits


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that changes what is listed; `count` where it is known."""

    label: str
    url: str
    current: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True)
class Choices:
    """Links of one kind; folded up when they are many and none is chosen."""

    name: str
    items: list[Choice]

    @property
    def many(self) -> bool:
        return len(self.items) > MANY

    @property
    def chosen(self) -> bool:
        return any(choice.current for choice in self.items)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for; anything that cannot be meant is as if it were not there."""

    filters: Filters
    query: search.Query
    before: Cursor | None = None
    after: Cursor | None = None
    page: int = 1

    @classmethod
    def of(cls, given: QueryDict, year: str, month: str) -> Asked:
        symbol, kind = (_name(given.get(parameter, "")) for parameter in ("symbol", "type"))
        page = given.get("page", "")
        return cls(
            Filters(int(year or 0), int(month or 0), symbol, kind),
            search.parse(given.get("q", "")),
            Cursor.parse(given.get("before", "")),
            Cursor.parse(given.get("after", "")),
            int(page) if page.isdecimal() and page.isascii() and len(page) <= LONGEST_PAGE else 1,
        )

    def parameters(self, **places: object) -> str:
        """The query of an address, in one order; places in a list are given, not kept."""
        filters = self.filters
        asked = {"q": self.query.text, "symbol": filters.symbol, "type": filters.report_type}
        given = {name: value for name, value in {**asked, **places}.items() if value}
        return f"?{urlencode(given)}" if given else ""

    @property
    def path(self) -> str:
        return _path(self.filters.year, self.filters.month, get_language(), get_script_prefix())

    def url(self, **places: object) -> str:
        return self.path + self.parameters(**places)

    def but(self, **filters: Any) -> Asked:
        """The beginning of the list with other filters."""
        return Asked(replace(self.filters, **filters), self.query)


@lru_cache(maxsize=512)
def _path(year: int, month: int, _language: str | None, _prefix: str) -> str:
    """Kept, as a list links to some fifty periods; it depends on nothing but these."""
    if month:
        return reverse("report-month", args=[year, f"{month:02}"])
    return reverse("report-year", args=[year]) if year else reverse("report-list")


@require_safe
def report_list(request: HttpRequest, year: str = "", month: str = "") -> HttpResponse:
    """The reports of a period, newest first, or those that say something, best first."""
    asked = Asked.of(request.GET, year, month)
    context = {
        "asked": asked,
        "when": _when(asked.filters),
        "clear": asked.path + replace(asked, query=search.Query()).parameters(),
        "set_filters": list(_set_filters(asked)),
        **(_search(asked) if asked.query.text else _archive(asked)),
    }
    return render(request, "reports/report_list.html", context)


def _archive(asked: Asked) -> dict[str, Any]:
    filters = asked.filters
    page = listing.read_page(filters, PAGE_SIZE, asked.before, asked.after)
    ends = listing.first_and_last(filters)
    found: dict[str, Any] = {"reports": page.reports, "ends": ends}
    if ends is not None:
        found |= _calendar(asked, *ends)
    elif not (filters.symbol or filters.report_type):
        found["next_report"] = next_report()
    places = listing.cursors(page.reports)
    if places and page.newer:
        found["newer"] = asked.url(after=places[0])
        found["page_query"] = asked.parameters(before=asked.before, after=asked.after)
    if places and page.older:
        found["older"] = asked.url(before=places[1])
    usual = {"page_query": asked.parameters(), "first": not page.newer}
    return usual | {"choice_groups": _choices(asked)} | found


def _calendar(asked: Asked, oldest: date, newest: date) -> dict[str, Any]:
    """The years from the first report to the last, and the months of the one that is shown."""
    filters, language = asked.filters, get_language() or "vi"
    shown = filters.year or newest.year
    counts = listing.months_of(shown, filters)
    years, rest = range(newest.year, oldest.year - 1, -1), asked.but().parameters()

    def url(year: int, month: int) -> str:
        return _path(year, month, get_language(), get_script_prefix()) + rest

    return {
        "shown_year": shown,
        "total": counts.get(filters.month, 0) if filters.month else sum(counts.values()),
        "years": [Choice(str(year), url(year, 0), year == filters.year) for year in years],
        "months": [
            Choice(
                formats.month(date(shown, month, 1), language),
                url(shown, month),
                (shown, month) == (filters.year, filters.month),
                counts.get(month, 0),
            )
            for month in range(1, 13)
        ],
    }


def _search(asked: Asked) -> dict[str, Any]:
    language = get_language() or "vi"
    found = search.ranked(asked.query, language, asked.filters)
    pages = max(1, -(-len(found.matches) // PAGE_SIZE))
    page = min(max(asked.page, 1), pages)
    shown = found.matches[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    matches: list[Hit] = hits(found.query, shown, language)
    context = {
        "hits": matches,
        "total": len(found.matches),
        "more": found.more,
        "start": (page - 1) * PAGE_SIZE + 1,
        "page_query": asked.parameters(page=page if page > 1 else 0),
        "newer": asked.url(page=page - 1 if page > 2 else 0) if page > 1 else "",
        "older": asked.url(page=page + 1) if page < pages else "",
    }
    if not matches:
        context["newest"] = list(Report.objects.published().listed()[:NEWEST])
    return context


def _set_filters(asked: Asked) -> Iterator[Choice]:
    """What narrows the list, each with the address of the list without it."""
    filters = asked.filters
    if filters.year:
        yield Choice(_when(filters), asked.but(year=0, month=0).url())
    if filters.symbol:
        yield Choice(filters.symbol, asked.but(symbol="").url())
    if filters.report_type:
        yield Choice(type_name(filters.report_type), asked.but(report_type="").url())


def _choices(asked: Asked) -> list[Choices]:
    """The types and symbols to choose from, where there is a choice."""
    filters = asked.filters
    types = [
        Choice(type_name(name), asked.but(report_type=name).url(), name == filters.report_type)
        for name in listing.values_in_use("report_type")
    ]
    symbols = [
        Choice(name, asked.but(symbol=name).url(), name == filters.symbol)
        for name in listing.values_in_use("symbol")
    ]
    groups = [Choices(gettext("Type"), types), Choices(gettext("Symbol"), symbols)]
    return [group for group in groups if len(group.items) > 1 or group.chosen]


def type_name(report_type: str) -> str:
    """The types of the site and of the old system by their names, others as they are."""
    names = {
        "market": gettext("Market report"),
        "crypto": gettext("Crypto"),
        "daily": gettext("Daily report"),
        "weekly": gettext("Weekly report"),
        "monthly": gettext("Monthly report"),
    }
    return names.get(report_type, report_type)


def _name(text: str) -> str:
    return text if listing.is_name(text) else ""


def _when(filters: Filters) -> str:
    if not filters.year:
        return ""
    return formats.period(filters.year, filters.month, get_language() or "vi")
