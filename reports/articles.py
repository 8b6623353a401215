"""What editors' scripts do with articles, each move one transaction with its line in the history.

An article is a report that no run wrote. Its figures are its editor's: it has no facts that they
could be held against, and its page says who wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from marketsite import clock
from reports.folding import composed
from reports.models import Report
from reports.models.report import ARTICLES, ReportQuerySet
from reports.publishing import publish as moves
from reports.publishing.checks import open_rows
from reports.publishing.sanitize import clean
from reports.slugs import free_slug
from reports.writing.editing import checked
from reports.writing.schedule import edition_of

SLUG_TRIES = 4
LINES = ("title", "summary")
SHOWN_SOON = (Report.Status.PUBLISHED, Report.Status.SCHEDULED)


class ArticleError(Exception):
    """Not done; the message says why."""


class ChangedError(ArticleError):
    """Somebody else has saved it meanwhile."""


class NotAsReadError(ArticleError):
    """It is not in the state that the caller set as a condition."""


class NotAllowedError(ArticleError):
    """What it takes to change what is public is not there."""


class UnusableError(ArticleError, ValueError):
    """A text that cannot be stored as it is."""


def articles() -> ReportQuerySet:
    """All articles, newest first."""
    return Report.objects.filter(ARTICLES).order_by("-created_at", "-pk")


@transaction.atomic
def create(user: AbstractBaseUser, texts: Mapping[str, str], at_once: bool = False) -> Report:
    """A new draft, or a public article at once. `texts` are columns; raises ArticleError."""
    now = clock.now()
    columns = _usable(texts)
    report = _stored(
        origin=Report.Origin.EDITOR, edition=edition_of(now), created_at=now, **columns
    )
    _log(user, report, ADDITION, gettext("Added through the API."))
    if at_once:
        _publish(report, user)
    return report


def _stored(created_at: datetime, title: str, **columns: Any) -> Report:
    """The new report at a free address: two of the same title may come at the same moment."""
    for _ in range(SLUG_TRIES):
        try:
            with transaction.atomic():
                slug = free_slug(title, created_at)
                return Report.objects.create(
                    slug=slug, title=title, created_at=created_at, **columns
                )
        except IntegrityError:
            continue
    raise ChangedError("Too many articles of this title at once: try again")


@transaction.atomic
def change(
    number: int,
    user: AbstractBaseUser,
    texts: Mapping[str, str],
    may_publish: bool,
    seen: datetime | None = None,
    matches: Callable[[Report], bool] | None = None,
    public: bool | None = None,
) -> Report:
    """The article with these columns replaced, and published or withdrawn if that is asked for.

    `seen` or `matches` tell the state that the caller has read; without them the last word counts,
    and the history says whose it was. Raises Report.DoesNotExist and ArticleError.
    """
    report = _locked(number)
    if matches is not None and not matches(report):
        raise NotAsReadError("The article is not as If-Match says: read it again")
    if seen is not None and seen != report.updated_at:
        raise ChangedError(f"The article was changed at {report.updated_at.isoformat()}")
    moved = public is not None and public != report.is_public
    columns = _usable(texts)
    changed = [name for name, text in columns.items() if getattr(report, name) != text]
    if (moved or (changed and report.status in SHOWN_SOON)) and not may_publish:
        raise NotAllowedError("The article is public, or will be: this takes the right to publish")
    if changed:
        _rewrite(report, columns, changed, user)
    if moved and public:
        _publish(report, user)
    elif moved:
        moves.withdraw(report, user)
        _log(user, report, CHANGE, gettext("Withdrawn."))
        report.refresh_from_db()
    return report


def _rewrite(
    report: Report, columns: Mapping[str, str], changed: list[str], user: AbstractBaseUser
) -> None:
    lines = [name for name in changed if name in LINES]
    before = {name: getattr(report, name) for name in lines}
    found = checked(report, before, {name: columns[name] for name in lines})
    for name in changed:
        setattr(report, name, columns[name])
    report.verification = found
    if report.status in SHOWN_SOON and open_rows(found):
        raise UnusableError("Not all figures are proven by the report's data")
    report.save(update_fields=[*changed, "verification", "updated_at"])
    names = ", ".join(str(Report._meta.get_field(name).verbose_name) for name in changed)  # type: ignore[union-attr]
    _log(user, report, CHANGE, gettext("Changed through the API: %s.") % names)


@transaction.atomic
def delete(number: int, user: AbstractBaseUser, may_publish: bool) -> None:
    """Delete the article; a public one only for who may withdraw it."""
    report = _locked(number)
    if report.status in SHOWN_SOON and not may_publish:
        raise NotAllowedError("The article is public, or will be: this takes the right to publish")
    _log(user, report, DELETION, gettext("Deleted through the API."))
    report.delete()


@transaction.atomic
def publish(number: int, user: AbstractBaseUser) -> Report:
    """The article, public now or before. Raises Report.DoesNotExist and ArticleError."""
    report = _locked(number)
    _publish(report, user)
    return report


def _publish(report: Report, user: AbstractBaseUser) -> None:
    if moves.publish(report, user):
        _log(user, report, CHANGE, gettext("Published."))
    report.refresh_from_db()
    if not report.is_public:
        raise UnusableError("Not all figures are proven by the report's data")


def _locked(number: int) -> Report:
    return articles().select_for_update(of=("self",)).get(pk=number)


def _usable(texts: Mapping[str, str]) -> dict[str, str]:
    """Lines in one line, HTML through the policy for what others wrote."""
    columns = {name: " ".join(composed(text).split()) for name, text in texts.items()}
    if "title" in columns and not columns["title"]:
        raise UnusableError("title: must not be empty")
    if "html_content" in texts:
        columns["html_content"] = _clean(composed(texts["html_content"]))
    return columns


def _clean(html: str) -> str:
    try:
        found = clean(html)
    except ValueError as error:
        raise UnusableError(f"content: {error}") from None
    if found.faults:
        raise UnusableError(f"content: {'; '.join(found.faults)}")
    return found.html


def _log(user: AbstractBaseUser, report: Report, action: int, message: str) -> None:
    LogEntry.objects.log_actions(
        cast(int, user.pk), [report], action, change_message=message, single_object=True
    )
