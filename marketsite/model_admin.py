"""What the admin classes of all apps share."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar, cast

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import EmptyResultSet
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

import marketsite.generics  # noqa: F401 (before the first ModelAdmin[…])
from market import formats
from market.sessions import VIETNAM
from marketsite.language import page_language

Row = TypeVar("Row", bound=Model)

NOTHING = "–"


class CheckedChangeList(ChangeList):
    """A list that answers a filter without sense, as the year 99999999, as Django does others."""

    def get_filters(self, request: HttpRequest) -> Any:
        try:
            return super().get_filters(request)
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters(error) from error

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Model]:
        """Composed here already: Django's own check ends before that."""
        rows = super().get_queryset(request, exclude_parameters)
        try:
            rows.query.sql_with_params()
        except EmptyResultSet:
            pass  # no row can fit, which is an answer
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters(error) from error
        return rows


class CheckedLists(admin.ModelAdmin[Row]):
    """What the site makes of each class that is registered."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CheckedChangeList


class ReadOnlyAdmin(admin.ModelAdmin[Row]):
    """Rows that code alone writes: they can be found and read."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def staff(request: HttpRequest) -> AbstractBaseUser:
    """The signed-in user of a request that `admin_view` has let through."""
    return cast("AbstractBaseUser", request.user)


def moment(value: datetime | None) -> str:
    """A moment in Vietnam's time, short enough for a list: `21/8/2026, 15:10`."""
    if value is None:
        return NOTHING
    local = value.astimezone(VIETNAM)
    return f"{formats.day(local.date(), page_language())}, {local:%H:%M}"


def duration(seconds: float) -> str:
    """A span: `0,4 giây`, `0.4 s`."""
    unit = "giây" if page_language() == "vi" else "s"
    return f"{formats.number(seconds, 1, page_language())}{formats.NBSP}{unit}"


def badge(state: str, label: str | Promise) -> SafeString:
    """A state as a word with a shape before it, never as a colour alone."""
    return format_html('<span class="state state-{}">{}</span>', state, label)
