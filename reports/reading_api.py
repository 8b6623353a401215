"""Reading the public reports by program: the list and its search, the newest, and one whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import override
from ninja import Query, Router, Schema
from ninja.errors import HttpError
from pydantic import Field

from reports import facts, listing, search
from reports.listing import Cursor, Filters
from reports.models import Report
from reports.publishing.checks import edited_rows, proven
from reports.publishing.page import ReportPage

router = Router(tags=["reports"])

USUAL, MOST = 20, 100
UNREAD = ("css_content", "js_content", "js_content_en", "document", "document_en")
PARAMETERS = ("q", "language", "symbol", "report_type", "year", "month", "limit", "before")

Name = Annotated[str, Query(max_length=50, pattern=r"^[\w .&/-]*$")]


class Summary(Schema):
    """A report as a list shows it. What is not translated yet is empty in English."""

    id: int
    slug: str
    url: str
    url_en: str
    title: str
    title_en: str
    summary: str
    summary_en: str
    symbol: str
    report_type: str
    edition: str
    is_note: bool
    simulated: bool
    data_as_of: str | None
    published_at: str
    updated_at: str


class Reports(Schema):
    """Newest first; `next` is the address of the next page."""

    reports: list[Summary]
    next: str | None


class ReportFact(Schema):
    """A figure that the text names by its key. `value` is exact, as text."""

    key: str
    value: str
    unit: str
    as_of: str
    source: str
    agreement: str
    kind: str
    method: str


class Check(Schema):
    """How something that the text says was checked; `outcome` is proven, editor or open."""

    figure: str
    figure_en: str
    kind: str
    evidence: str
    evidence_en: str
    outcome: Literal["proven", "editor", "open"]
    times: int


class Whole(Summary):
    """A report with everything that its page shows."""

    html: str
    html_en: str
    origin: str
    writer: str
    reviewed_by: str
    figures: int
    proven: int
    facts: list[ReportFact]
    checks: list[Check]
    sources: list[str]
    created_at: str


class Detail(Schema):
    detail: str


class Faults(Schema):
    detail: str | list[dict[str, Any]]


@router.get("/reports", response={200: Reports, 422: Faults}, summary="Public reports")
def list_reports(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=search.LONGEST_QUERY)] = "",
    language: Literal["vi", "en"] = "vi",
    symbol: Name = "",
    report_type: Name = "",
    year: Annotated[int | None, Query(ge=1900, le=2999)] = None,
    month: Annotated[int | None, Query(ge=1, le=12)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = USUAL,
    before: Annotated[str, Query(max_length=60)] = "",
) -> HttpResponse:
    """Newest first, page by page: follow `next`. `q` looks for words, with or without marks, in
    the texts of `language`; "words in quotes" stand together, -words must not stand.
    """
    _refuse_unknown(request)
    place = Cursor.parse(before) if before else None
    if before and place is None:
        raise HttpError(422, "before: must come from a `next`")
    if month and not year:
        raise HttpError(422, "month: needs a year")
    filters = Filters(year or 0, month or 0, symbol, report_type)
    if q.strip():
        rows, more = _matching(search.parse(q), language, filters, limit, place)
    else:
        page = listing.read_page(filters, limit, place)
        rows, more = page.reports, page.older
    following = _next(request, rows[-1]) if more and rows else None
    body = {"reports": [summary_of(report) for report in rows], "next": following}
    response = _json(body)
    if following:
        response["Link"] = f'<{following}>; rel="next"'
    return _conditional(request, response)


@router.get(
    "/reports/latest",
    response={200: Whole, 404: Detail},
    summary="The newest report, short notes left aside",
)
def latest_report(request: HttpRequest) -> HttpResponse:
    published = Report.objects.published().filter(is_note=False)
    return _whole(request, published.defer(*UNREAD).select_related("reviewed_by").first())


@router.get(
    "/reports/{slug}", response={200: Whole, 404: Detail, 422: Faults}, summary="One report"
)
def read_report(
    request: HttpRequest, slug: Annotated[str, Field(max_length=120, pattern=r"^[\w-]+$")]
) -> HttpResponse:
    """With `If-None-Match` the answer is 304 until something changed."""
    published = Report.objects.published().filter(slug=slug)
    return _whole(request, published.defer(*UNREAD).select_related("reviewed_by").first())


def summary_of(report: Report) -> dict[str, Any]:
    addresses = {language: _address(report, language) for language in ("vi", "en")}
    return {
        "id": report.pk,
        "slug": report.slug,
        "url": addresses["vi"],
        "url_en": addresses["en"],
        **{name: getattr(report, name) for name in ("title", "title_en", "summary", "summary_en")},
        "symbol": report.symbol,
        "report_type": report.report_type,
        "edition": report.edition,
        "is_note": report.is_note,
        "simulated": report.simulated,
        "data_as_of": _moment(report.data_as_of),
        "published_at": _moment(report.published_at),
        "updated_at": _moment(report.updated_at),
    }


def whole(report: Report) -> dict[str, Any]:
    """Everything that the report's page tells, in both languages; see `Whole`."""
    matched, figures = proven(report.verification, "vi")
    return {
        **summary_of(report),
        "html": report.html_content,
        "html_en": report.html_content_en,
        "origin": report.origin,
        "writer": report.writer,
        "reviewed_by": ReportPage(report).reviewer,
        "figures": figures,
        "proven": matched,
        "facts": list(_facts(report)),
        "checks": [_check(row) for row in _rows(report)],
        "sources": [str(name) for name in report.sources],
        "created_at": _moment(report.created_at),
    }


def _matching(
    query: search.Query, language: str, filters: Filters, limit: int, before: Cursor | None
) -> tuple[list[Report], bool]:
    if not query:  # nothing but punctuation
        return [], False
    found = search.newest(query, language, filters, limit, before)
    keys = [match.report_id for match in found.matches]
    reports = Report.objects.published().listed().in_bulk(keys)
    return [reports[key] for key in keys if key in reports], found.more


def _facts(report: Report) -> Iterator[dict[str, Any]]:
    try:
        sheet = facts.from_json(report.facts) if report.facts else None
    except (AttributeError, KeyError, TypeError, ValueError):  # of a version that we do not read
        return
    for fact in sheet.facts.values() if sheet else ():
        yield {
            "key": fact.key,
            "value": f"{fact.value:f}",
            "unit": fact.unit,
            "as_of": _moment(fact.as_of),
            "source": fact.source,
            "agreement": fact.agreement,
            "kind": fact.kind,
            "method": fact.method,
        }


def _rows(report: Report) -> Iterator[dict[str, Any]]:
    yield from edited_rows(report.verification)
    yield from report.verification.get("checks", [])


def _check(row: dict[str, Any]) -> dict[str, Any]:
    """Without the names of those who vouched: the page gives none either."""
    return {
        "figure": row["figure_vi"],
        "figure_en": row["figure_en"],
        "kind": row["kind"],
        "evidence": row["evidence_vi"],
        "evidence_en": row["evidence_en"],
        "outcome": "proven" if row["passed"] else "editor" if row.get("confirmed") else "open",
        "times": row["times"],
    }


def _whole(request: HttpRequest, report: Report | None) -> HttpResponse:
    if report is None:
        raise HttpError(404, "No such report")
    return _conditional(request, _json(whole(report)))


def _address(report: Report, language: str) -> str:
    with override(language):
        return f"{settings.SITE_URL}{report.get_absolute_url()}"


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None


def _next(request: HttpRequest, last: Report) -> str:
    query = request.GET.copy()
    query["before"] = str(Cursor.of(last))
    return f"{request.path}?{query.urlencode()}"


def _refuse_unknown(request: HttpRequest) -> None:
    """Rather than give all reports to who asks for some in other words, such as `page`."""
    for name in request.GET:
        if name not in PARAMETERS:
            known = ", ".join(PARAMETERS)
            raise HttpError(422, f"{name[:40]}: no such parameter (known: {known})")


def _conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    return cast(HttpResponse, get_conditional_response(request, etag=etag, response=response))


def _json(document: Any) -> HttpResponse:
    text = json.dumps(document, ensure_ascii=False)
    return HttpResponse(text, content_type="application/json; charset=utf-8")
