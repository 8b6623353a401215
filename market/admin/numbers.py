"""Quotes and bars, and the quotes that were not believed: they can be found and read."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from market import formats
from market.indicators import change_percent
from market.models import Bar, Quote, RejectedQuote
from market.sessions import VIETNAM
from marketsite.language import page_language
from marketsite.model_admin import NOTHING, ReadOnlyAdmin, badge, moment


@admin.register(Quote)
class QuoteAdmin(ReadOnlyAdmin[Quote]):
    list_display = ("index", "at", "level", "move", "agreed", "second", "from_source", "fetched")
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
        return formats.number(quote.price, 2, page_language())

    @admin.display(description="%")
    def move(self, quote: Quote) -> str:
        percent = change_percent(quote.price, quote.previous_close)
        return formats.percent(percent, page_language(), "always")

    @admin.display(description=_("agreement"), ordering="agreement")
    def agreed(self, quote: Quote) -> SafeString:
        return badge(quote.agreement, quote.get_agreement_display())

    @admin.display(description=_("second price"))
    def second(self, quote: Quote) -> str:
        """What the second source said, with its name."""
        if quote.second_price is None:
            return NOTHING
        price = formats.number(quote.second_price, 2, page_language())
        return f"{price} ({formats.source_name(quote.second_source, page_language())})"

    @admin.display(description=_("source"), ordering="source")
    def from_source(self, quote: Quote) -> SafeString | str:
        return _source(quote)

    @admin.display(description=_("fetched at"))
    def fetched(self, quote: Quote) -> str:
        """The time of day alone where the day is the reading's own."""
        as_of, fetched_at = (each.astimezone(VIETNAM) for each in (quote.as_of, quote.fetched_at))
        return f"{fetched_at:%H:%M}" if as_of.date() == fetched_at.date() else moment(fetched_at)


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
        return formats.day(bar.day, page_language())

    @admin.display(description=_("open"))
    def opened(self, bar: Bar) -> str:
        return formats.number(bar.open, 2, page_language())

    @admin.display(description=_("high"))
    def highest(self, bar: Bar) -> str:
        return formats.number(bar.high, 2, page_language())

    @admin.display(description=_("low"))
    def lowest(self, bar: Bar) -> str:
        return formats.number(bar.low, 2, page_language())

    @admin.display(description=_("close"))
    def closed(self, bar: Bar) -> str:
        return formats.number(bar.close, 2, page_language())

    @admin.display(description=_("volume (shares)"))
    def shares(self, bar: Bar) -> str:
        return "–" if bar.volume is None else formats.shares(bar.volume, page_language())

    @admin.display(description=_("source"), ordering="source")
    def from_source(self, bar: Bar) -> SafeString | str:
        return _source(bar)


@admin.register(RejectedQuote)
class RejectedQuoteAdmin(ReadOnlyAdmin[RejectedQuote]):
    list_display = ("at", "from_source", "code", "reason", "excerpt")
    list_filter = ("source", "code", "rejected_at")
    search_fields = ("code", "reason", "excerpt")
    date_hierarchy = "rejected_at"
    show_full_result_count = False
    fields = ("at", "from_source", "code", "reason", "excerpt")

    @admin.display(description=_("rejected"), ordering="rejected_at")
    def at(self, rejected: RejectedQuote) -> str:
        return moment(rejected.rejected_at)

    @admin.display(description=_("source"), ordering="source")
    def from_source(self, rejected: RejectedQuote) -> str:
        return formats.source_name(rejected.source, page_language())


def _source(row: Quote | Bar) -> SafeString | str:
    name = formats.source_name(row.source, page_language())
    return badge("simulated", name) if row.simulated else name
