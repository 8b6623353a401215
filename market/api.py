"""The market's part of the public API. Reading never calls an upstream."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Annotated, Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.gzip import gzip_page
from ninja import Query, Router, Schema
from ninja.decorators import decorate_view
from ninja.errors import HttpError

from market import series, snapshot
from market.models import Index
from market.overview import read_overview
from marketsite import clock

router = Router(tags=["market"])

HISTORY_PARAMETERS = ("from", "to", "interval", "limit", "cursor", "format")


class Second(Schema):
    """What the second source said, in points."""

    source: str
    close: float


class Value(Schema):
    """One index: points; `volume` in shares, `value` in VND, `as_of` UTC, `date` Vietnam's.

    `agreement` is single, confirmed or disputed; `second` the price that decided it.
    """

    code: str
    date: str
    open: float | None
    high: float | None
    low: float | None
    close: float
    volume: int | None
    previous_close: float
    change: float
    change_percent: float
    value: int | None
    source: str
    as_of: str
    stale: bool
    agreement: str
    second: Second | None


class Entry(Schema):
    """The value, or null with the reason; both when an old value could not be renewed."""

    value: Value | None
    error: str | None


class Snapshot(Schema):
    success: bool
    indices: dict[str, Entry]
    generated_at: str
    next_refresh_at: str
    session: str
    simulated: bool


class Bar(Schema):
    """A trading day: points and shares; `date` is Vietnam's."""

    date: str
    open: float
    high: float
    low: float
    close: float
    volume: int | None
    source: str
    simulated: bool


class Minute(Schema):
    """The last reading of a minute: points, shares and VND of the day so far; `as_of` is UTC."""

    as_of: str
    price: float
    previous_close: float
    volume: int | None
    value: int | None
    agreement: str
    source: str
    simulated: bool


class History(Schema):
    """Rows oldest first; `next` is the address of the next page."""

    code: str
    name: str
    interval: str
    rows: list[Bar | Minute]
    next: str | None


class Detail(Schema):
    detail: str


@router.get("/indices", response=Snapshot, summary="The current index snapshot")
def indices(request: HttpRequest) -> HttpResponse:
    """The snapshot that the last refresh made, good until its `next_refresh_at`."""
    current = snapshot.read()
    return shared(request, _json(current), current)


@router.get(
    "/indices/{code}/history",
    response={200: History, 404: Detail, 422: Detail},
    summary="Stored day bars or minutes of an index",
)
@decorate_view(gzip_page)  # a chart's rows shrink to a sixth
def history(
    request: HttpRequest,
    code: str,
    first: Annotated[str, Query(alias="from")] = "",
    last: Annotated[str, Query(alias="to")] = "",
    interval: str = "1d",
    limit: str = str(series.USUAL_ROWS),
    cursor: str = "",
    format: str = "",
) -> HttpResponse:
    """`interval` is `1d` (dates) or `1m` (moments; a date means that day in Vietnam). At most
    `limit` rows, oldest first; CSV by `format=csv` or by the `Accept` header.
    """
    index = Index.objects.followed(code)
    if index is None:
        raise HttpError(404, "No such index")
    _refuse_unknown(request)
    kind, as_csv, current = _interval(interval), _wants_csv(request, format), snapshot.read()
    read = series.bars_page if kind == "1d" else series.quotes_page
    try:
        page = read(index, current["simulated"], first, last, cursor, _limit(limit))
    except series.BadRange as error:
        raise HttpError(422, str(error)) from None
    following = _next_page(request, page.cursor)
    if as_csv:
        response = _csv(page.rows, kind, f"{index.key}-{kind}.csv")
    else:
        head = {"code": index.code, "name": index.name, "interval": kind}
        response = _json({**head, "rows": page.rows, "next": following})
    if following:
        response["Link"] = f'<{following}>; rel="next"'
    patch_vary_headers(response, ["Accept"])
    return shared(request, response, current)


@router.get("/overview", response={200: dict[str, Any], 404: Detail}, summary="The crypto overview")
def overview(request: HttpRequest) -> HttpResponse:
    """Prices, market caps, RSI-14 and sentiment; what a source could not give is null."""
    found = read_overview()
    if found is None:
        raise HttpError(404, "No overview has been fetched yet")
    return shared(request, _json(found), None)


def shared(
    request: HttpRequest, response: HttpResponse, current: snapshot.Snapshot | None
) -> HttpResponse:
    """The reply for anyone to keep until the next refresh, or 304 for whoever has it already."""
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={_seconds(current)}"
    return cast(HttpResponse, get_conditional_response(request, etag=etag, response=response))


def _seconds(current: snapshot.Snapshot | None) -> int:
    """Whole seconds until the next refresh; at least 1, as when it is late."""
    longest = settings.MARKET_REFRESH_SECONDS
    if current is None:
        return longest
    left = clock.parse(current["next_refresh_at"]) - clock.now()
    return min(max(math.ceil(left.total_seconds()), 1), longest)


def _json(document: Any) -> HttpResponse:
    text = json.dumps(document, ensure_ascii=False)
    return HttpResponse(text, content_type="application/json; charset=utf-8")


def _csv(rows: Any, interval: series.Interval, name: str) -> HttpResponse:
    response = HttpResponse(
        series.to_csv(rows, interval), content_type="text/csv; charset=utf-8; header=present"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _refuse_unknown(request: HttpRequest) -> None:
    """Rather than give all rows to who asks for some in other words, such as `page`."""
    for name in request.GET:
        if name not in HISTORY_PARAMETERS:
            known = ", ".join(HISTORY_PARAMETERS)
            raise HttpError(422, f"{name[:40]}: no such parameter (known: {known})")


def _interval(text: str) -> series.Interval:
    match text:
        case "1d" | "1m":
            return text
    raise HttpError(422, "interval: must be 1d or 1m")


def _wants_csv(request: HttpRequest, text: str) -> bool:
    if text not in {"", "csv", "json"}:
        raise HttpError(422, "format: must be csv or json")
    if text:
        return text == "csv"
    return request.get_preferred_type(["application/json", "text/csv"]) == "text/csv"


def _limit(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= series.MOST_ROWS:
        return int(text)
    raise HttpError(422, f"limit: must be a whole number from 1 to {series.MOST_ROWS}")


def _next_page(request: HttpRequest, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    query = request.GET.copy()
    query["cursor"] = cursor
    return f"{request.path}?{query.urlencode()}"
