"""Closures: an editor's corrections of the built-in table of holidays."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from market import formats
from market.models import Closure
from market.sessions import CLOSURES, UNCONFIRMED_CLOSURES, VIETNAM
from marketsite import clock
from marketsite.language import page_language
from marketsite.model_admin import moment

SATURDAY = 5


@admin.register(Closure)
class ClosureAdmin(admin.ModelAdmin[Closure]):
    list_display = ("on", "weekday", "closed", "built_in", "note", "changed_by", "changed")
    list_filter = ("closed",)
    list_select_related = ("changed_by",)
    search_fields = ("note",)
    date_hierarchy = "day"
    readonly_fields = ("built_in", "changed_by", "changed")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The day of the address as a day, so that the form writes it as a reader does."""
        given: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        with suppress(KeyError, ValueError):
            given["day"] = date.fromisoformat(str(given["day"]))
        return given

    def get_fields(self, request: HttpRequest, obj: Closure | None = None) -> Any:
        return ("day", "closed", "note", *(self.readonly_fields if obj else ()))

    @admin.display(description=_("day"), ordering="day")
    def on(self, closure: Closure) -> str:
        return formats.day(closure.day, page_language())

    @admin.display(description=_("weekday"))
    def weekday(self, closure: Closure) -> str:
        return formats.weekday(closure.day, page_language())

    @admin.display(description=_("built-in table"))
    def built_in(self, closure: Closure) -> str:
        """What holds without this row."""
        if closure.day.weekday() >= SATURDAY:
            return gettext("weekend")
        return gettext("closed") if closure.day in CLOSURES else gettext("trading day")

    @admin.display(description=_("changed"), ordering="changed_at")
    def changed(self, closure: Closure) -> str:
        return moment(closure.changed_at)

    def save_model(
        self, request: HttpRequest, obj: Closure, form: ModelForm[Closure], change: bool
    ) -> None:
        obj.changed_by_id = request.user.pk
        super().save_model(request, obj, form, change)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The corrections, and below them what the built-in table says of the year ahead."""
        context = {**(extra_context or {}), "built_in_days": _year_ahead()}
        return super().changelist_view(request, context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Closure]:
        return super().get_queryset(request).select_related("changed_by")


def _year_ahead() -> list[dict[str, Any]]:
    """Built-in closures from today on, unconfirmed ones too, each with a form to correct it."""
    today = clock.now().astimezone(VIETNAM).date()
    form = reverse("admin:market_closure_add")
    return [
        {
            "day": day,
            "weekday": formats.weekday(day, page_language()),
            "confirmed": day in CLOSURES,
            "address": f"{form}?{urlencode({'day': day.isoformat()})}",
        }
        for day in sorted(CLOSURES | UNCONFIRMED_CLOSURES)
        if today <= day <= today + timedelta(days=366)
    ]
