"""The market's numbers in the admin: indices and closures are edited, the rest is read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from market import formats
from market.indicators import change_percent
from market.models import Bar, Closure, Index, Quote
from market.sessions import CLOSURES
from marketsite.model_admin import ReadOnlyAdmin, badge, language, moment

SATURDAY = 5


@admin.register(Index)
class IndexAdmin(admin.ModelAdmin[Index]):
    list_display = ("name", "code", "key", "exchange", "position", "active")
    list_filter = ("exchange", "active")
    search_fields = ("code", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Index | None = None) -> Any:
        """Quotes, the snapshot and reports name an index by code and key, so those stay."""
        return ("code", "key") if obj else ()


@admin.register(Quote)
class QuoteAdmin(ReadOnlyAdmin[Quote]):
    list_display = ("index", "at", "level", "move", "agreed", "from_source", "fetched")
    list_filter = ("index", "source", "agreement", "simulated")
    list_select_related = ("index",)
    search_fields = ("index__code", "index__name")
    date_hierarchy = "as_of"
    show_full_result_count = False

    @admin.display(description=_("as of"), ordering="as_of")
    def at(self, quote: Quote) -> str:
        return moment(quote.as_of)

    @admin.display(description=_("price"))
    def level(self, quote: Quote) -> str:
        return formats.number(quote.price, 2, language())

    @admin.display(description="%")
    def move(self, quote: Quote) -> str:
        percent = change_percent(quote.price, quote.previous_close)
        return formats.percent(percent, language(), "always")

    @admin.display(description=_("agreement"), ordering="agreement")
    def agreed(self, quote: Quote) -> SafeString:
        return badge(quote.agreement, quote.get_agreement_display())

    @admin.display(description=_("source"), ordering="source")
    def from_source(self, quote: Quote) -> SafeString | str:
        return _source(quote)

    @admin.display(description=_("fetched at"))
    def fetched(self, quote: Quote) -> str:
        return moment(quote.fetched_at)


@admin.register(Bar)
class BarAdmin(ReadOnlyAdmin[Bar]):
    list_display = ("index", "on", "opened", "highest", "lowest", "closed", "shares", "from_source")
    list_filter = ("index", "source", "simulated")
    list_select_related = ("index",)
    search_fields = ("index__code", "index__name")
    date_hierarchy = "day"
    show_full_result_count = False

    @admin.display(description=_("day"), ordering="day")
    def on(self, bar: Bar) -> str:
        return formats.day(bar.day, language())

    @admin.display(description=_("open"))
    def opened(self, bar: Bar) -> str:
        return formats.number(bar.open, 2, language())

    @admin.display(description=_("high"))
    def highest(self, bar: Bar) -> str:
        return formats.number(bar.high, 2, language())

    @admin.display(description=_("low"))
    def lowest(self, bar: Bar) -> str:
        return formats.number(bar.low, 2, language())

    @admin.display(description=_("close"))
    def closed(self, bar: Bar) -> str:
        return formats.number(bar.close, 2, language())

    @admin.display(description=_("volume (shares)"))
    def shares(self, bar: Bar) -> str:
        return "–" if bar.volume is None else formats.shares(bar.volume, language())

    @admin.display(description=_("source"), ordering="source")
    def from_source(self, bar: Bar) -> SafeString | str:
        return _source(bar)


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


def _source(row: Quote | Bar) -> SafeString | str:
    name = formats.source_name(row.source, language())
    return badge("simulated", name) if row.simulated else name
