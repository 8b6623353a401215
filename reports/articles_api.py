"""The old system's `articles` endpoints, for editors' scripts: names and shapes are its own.

Anyone may read what is public. What is not, and every change, takes a token with the scope
`articles` or a member of the staff; what the public reads, the right to publish as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import parse_etags
from ninja import Header, Query, Router, Schema
from ninja.errors import HttpError
from pydantic import Field

from reports import articles
from reports.callers import caller_of, callers, is_let_in, limit
from reports.models import ApiToken, Report
from reports.publishing.sanitize import MAX_BYTES, editable

router = Router(tags=["articles"])

ARTICLES, PUBLISH = ApiToken.Scope.ARTICLES, ApiToken.Scope.PUBLISH
ADDING = callers(ARTICLES, "reports.add_report")
CHANGING = callers(ARTICLES, "reports.change_report")
DELETING = callers(ARTICLES, "reports.delete_report")
PUBLISHING = callers(PUBLISH, "reports.publish_report")
MOST = 100
MOST_BYTES = 4_000_000  # of HTML in one answer: it is made in memory
HIGHEST = 2**63 - 1
COLUMNS = {
    "title": "title",
    "content": "html_content",
    "summary": "summary",
    "symbol": "symbol",
    "report_type": "report_type",
}
USUAL_TYPE = "market"

Number = Annotated[int, Field(ge=1, le=HIGHEST)]
Title = Annotated[str, Field(min_length=1, max_length=200)]
Content = Annotated[str, Field(max_length=MAX_BYTES)]
Summary = Annotated[str, Field(max_length=1000)]
SYMBOL: dict[str, Any] = {"max_length": 10, "pattern": r"^[A-Za-z0-9._-]*$"}
TYPE: dict[str, Any] = {"max_length": 50, "pattern": r"^[A-Za-z0-9 ._-]*$"}
Symbol = Annotated[str, Field(**SYMBOL)]
Type = Annotated[str, Field(**TYPE)]


class Article(Schema):
    """`content` is HTML. Times are UTC; `updated_at` names the state that was read."""

    id: int
    title: str
    content: str | None
    summary: str | None
    symbol: str | None
    report_type: str | None
    is_published: bool
    created_at: str
    updated_at: str | None


class NewArticle(Schema):
    """`is_published` takes the right to publish. Other fields of an article are not looked at."""

    title: Title
    content: Content | None = None
    summary: Summary | None = None
    symbol: Symbol | None = None
    report_type: Type | None = None
    is_published: bool | None = None


class ChangedArticle(Schema):
    """What is given replaces what is stored; null empties it, where it may be empty.

    With the `updated_at` that was read, or `If-Match`, nothing that somebody else has saved
    meanwhile is replaced.
    """

    title: Title | None = None
    content: Content | None = None
    summary: Summary | None = None
    symbol: Symbol | None = None
    report_type: Type | None = None
    is_published: bool | None = None
    updated_at: datetime | None = None


class Published(Schema):
    message: str
    article: Article


class Detail(Schema):
    detail: str


class Faults(Schema):
    """One sentence, or what is wrong with each field."""

    detail: str | list[dict[str, Any]]


REFUSALS = {400: Detail, 401: Detail, 403: Detail, 429: Detail}  # 400: no JSON at all
NO_ARTICLE = "Article not found"


@router.get("", include_in_schema=False)  # the old scripts' address ends in a slash
@router.get("/", response={200: list[Article], 422: Faults}, summary="Articles, newest first")
def list_articles(
    request: HttpRequest,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
    symbol: Annotated[str, Query(**SYMBOL)] = "",
    report_type: Annotated[str, Query(**TYPE)] = "",
) -> HttpResponse:
    """The public ones; all of them for a token with the scope `articles`, and for the staff.

    After one article, only as many as hold 4 MB of HTML together: who wants them all asks on, with
    `skip` and the number that came, until none comes.
    """
    rows = articles.articles()
    if not _sees_all(request):
        rows = rows.filter(status=Report.Status.PUBLISHED)
    if symbol:
        rows = rows.filter(symbol=symbol)
    if report_type:
        rows = rows.filter(report_type=report_type)
    fitting = rows[skip : skip + limit].fitting("html_content", MOST_BYTES)
    columns = (*COLUMNS.values(), "status", "created_at", "updated_at")
    found = articles.articles().filter(pk__in=fitting).only(*columns)
    return _private(_json([_article(report) for report in found]))


@router.post("", auth=ADDING, include_in_schema=False)
@router.post(
    "/",
    auth=ADDING,
    response={201: Article, 409: Detail, 422: Faults, **REFUSALS},
    summary="Add an article",
)
def add_article(request: HttpRequest, data: NewArticle) -> HttpResponse:
    """A draft, unless `is_published` is true. HTML is cleaned as in the admin."""
    caller = caller_of(request)
    limit(caller, spends=False)
    if data.is_published and not _may_publish(request):
        raise HttpError(403, "This takes the right to publish")
    texts = {COLUMNS[name]: text for name, text in _given(data).items() if text is not None}
    with _answered():
        report = articles.create(caller.user, _typed(texts), bool(data.is_published))
    response = _json(_article(report), 201)
    response["Location"] = f"{request.path.rstrip('/')}/{report.pk}"
    response["ETag"] = _etag(report)
    return response


@router.get("/{number}", response={200: Article, 404: Detail, 422: Faults}, summary="One article")
def read_article(request: HttpRequest, number: Number) -> HttpResponse:
    rows = articles.articles()
    if not _sees_all(request):
        rows = rows.filter(status=Report.Status.PUBLISHED)
    report = rows.filter(pk=number).first()
    if report is None:
        raise HttpError(404, NO_ARTICLE)
    etag = _etag(report)
    response = _private(_json(_article(report)))
    response["ETag"] = etag
    return cast(HttpResponse, get_conditional_response(request, etag=etag, response=response))


@router.put(
    "/{number}",
    auth=CHANGING,
    response={200: Article, 404: Detail, 409: Detail, 412: Detail, 422: Faults, **REFUSALS},
    summary="Change an article",
)
def change_article(
    request: HttpRequest,
    number: Number,
    data: ChangedArticle,
    if_match: Annotated[str, Header(alias="If-Match")] = "",
) -> HttpResponse:
    """Only what is given is changed. A public one takes the right to publish."""
    caller = caller_of(request)
    limit(caller, spends=False)
    texts = {COLUMNS[name]: text or "" for name, text in _given(data).items()}
    with _answered():
        report = articles.change(
            number,
            caller.user,
            _typed(texts),
            _may_publish(request),
            seen=data.updated_at,
            matches=_matcher(if_match),
            public=data.is_published,
        )
    response = _json(_article(report))
    response["ETag"] = _etag(report)
    return response


@router.delete(
    "/{number}",
    auth=DELETING,
    response={204: None, 404: Detail, 422: Faults, **REFUSALS},
    summary="Delete an article",
)
def delete_article(request: HttpRequest, number: Number) -> HttpResponse:
    """It is gone for good. A public one takes the right to publish."""
    caller = caller_of(request)
    limit(caller, spends=False)
    with _answered():
        articles.delete(number, caller.user, _may_publish(request))
    return HttpResponse(status=204)


@router.post(
    "/{number}/publish",
    auth=PUBLISHING,
    response={200: Published, 404: Detail, 422: Faults, **REFUSALS},
    summary="Publish an article",
)
def publish_article(request: HttpRequest, number: Number) -> HttpResponse:
    """With the caller as its reviewer. One that is public already stays as it is."""
    caller = caller_of(request)
    limit(caller, spends=False)
    with _answered():
        report = articles.publish(number, caller.user)
    return _json({"message": "Article published successfully", "article": _article(report)})


@contextmanager
def _answered() -> Iterator[None]:
    """What stopped a change, as the status that says so."""
    try:
        yield
    except Report.DoesNotExist:
        raise HttpError(404, NO_ARTICLE) from None
    except articles.NotAsReadError as error:
        raise HttpError(412, str(error)) from None
    except articles.ChangedError as error:
        raise HttpError(409, str(error)) from None
    except articles.NotAllowedError as error:
        raise HttpError(403, str(error)) from None
    except articles.UnusableError as error:
        raise HttpError(422, str(error)) from None


def _given(data: Schema) -> dict[str, Any]:
    """The texts that stand in the body of the call."""
    return {name: text for name, text in data.dict(exclude_unset=True).items() if name in COLUMNS}


def _typed(texts: dict[str, str]) -> dict[str, str]:
    """A report has a type in any case."""
    if "report_type" in texts and not texts["report_type"].strip():
        return texts | {"report_type": USUAL_TYPE}
    return texts


def _article(report: Report) -> dict[str, Any]:
    return {
        "id": report.pk,
        "title": report.title,
        "content": editable(report.html_content) or None,
        "summary": report.summary or None,
        "symbol": report.symbol or None,
        "report_type": report.report_type,
        "is_published": report.is_public,
        "created_at": _moment(report.created_at),
        "updated_at": _moment(report.updated_at),
    }


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _etag(report: Report) -> str:
    return f'"{report.pk}-{report.updated_at.timestamp():.6f}"'


def _matcher(if_match: str) -> Any:
    """Whether a report is in one of the states that the header names; None without a header."""
    if not if_match.strip() or if_match.strip() == "*":
        return None
    named = parse_etags(if_match)
    return lambda report: _etag(report) in named


def _sees_all(request: HttpRequest) -> bool:
    return is_let_in(request, ARTICLES, "reports.view_report")


def _may_publish(request: HttpRequest) -> bool:
    return is_let_in(request, PUBLISH, "reports.publish_report")


def _private(response: HttpResponse) -> HttpResponse:
    """What depends on the caller is kept by no cache that others share."""
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Authorization", "Cookie"])
    return response


def _json(document: Any, status: int = 200) -> HttpResponse:
    text = json.dumps(document, ensure_ascii=False)
    return HttpResponse(text, content_type="application/json; charset=utf-8", status=status)
