"""Closures: an editor's corrections of the built-in table of holidays."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from market import formats
from market.models import Closure
from market.sessions import CLOSURES
from marketsite.model_admin import language, moment

SATURDAY = 5


@admin.register(Closure)
class ClosureAdmin(admin.ModelAdmin[Closure]):
    list_display = ("day", "weekday", "closed", "built_in", "note", "changed_by", "changed")
    list_filter = ("closed",)
    list_select_related = ("changed_by",)
    search_fields = ("note",)
    date_hierarchy = "day"
    readonly_fields = ("built_in", "changed_by", "changed")

    def get_fields(self, request: HttpRequest, obj: Closure | None = None) -> Any:
        return ("day", "closed", "note", *(self.readonly_fields if obj else ()))

    @admin.display(description=_("weekday"))
    def weekday(self, closure: Closure) -> str:
        return formats.weekday(closure.day, language())

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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Closure]:
        return super().get_queryset(request).select_related("changed_by")
