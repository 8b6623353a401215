"""The crypto overviews as they were made, figure by figure."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from market import formats
from market.crypto_view import MARKET_LABELS, NAMES, SENTIMENT_LABEL
from market.models import Overview
from marketsite.language import page_language
from marketsite.model_admin import NOTHING, ReadOnlyAdmin, badge, moment

Labels = dict[str, Any]

WHOLE: Labels = {
    **MARKET_LABELS,
    "fng_value": SENTIMENT_LABEL,
    "data_sources": _("sources"),
    "partial_failure": _("what is missing"),
    "fetch_duration_ms": _("took (ms)"),
    "timestamp": _("time"),
    "simulated": _("simulated"),
}
OF_A_COIN: Labels = {
    "price_usd": _("price (USD)"),
    "change_24h": _("change in 24 hours (%)"),
    "rsi_14": _("RSI of 14 days"),
}
ORDER = [f"{coin}_{what}" for coin in NAMES for what in OF_A_COIN] + list(WHOLE)


@admin.register(Overview)
class OverviewAdmin(ReadOnlyAdmin[Overview]):
    list_display = ("at", "kind")
    list_filter = ("simulated",)
    date_hierarchy = "fetched_at"
    show_full_result_count = False
    fields = ("at", "kind", "figures")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Overview]:
        return super().get_queryset(request).defer("data")

    @admin.display(description=_("fetched at"), ordering="fetched_at")
    def at(self, overview: Overview) -> str:
        return moment(overview.fetched_at)

    @admin.display(description=_("numbers"), ordering="simulated")
    def kind(self, overview: Overview) -> SafeString | str:
        if overview.simulated:
            return badge("simulated", formats.source_name("demo", page_language()))
        return gettext("real")

    @admin.display(description=_("figures"))
    def figures(self, overview: Overview) -> SafeString:
        """The document as rows of a table, under the names that a reader knows."""
        names = sorted(overview.data, key=_position)
        rows = [(label_of(name), text_of(overview.data[name])) for name in names]
        cells = format_html_join("", '<tr><th scope="row">{}</th><td>{}</td></tr>', rows)
        return format_html('<table class="figures"><tbody>{}</tbody></table>', cells)


def label_of(name: str) -> str:
    """`btc_price_usd` → `Bitcoin: price (USD)`; a name that is not ours stays itself."""
    if name in WHOLE:
        return str(WHOLE[name])
    coin, _separator, rest = name.partition("_")
    if coin in NAMES and rest in OF_A_COIN:
        return f"{NAMES[coin]}: {OF_A_COIN[rest]}"
    return name


def text_of(value: Any) -> SafeString | str:
    """A figure as the site writes it; of several things, one a line."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, int | float):
        return formats.number(value, _places(value), page_language())
    if isinstance(value, dict):
        rows = [(label_of(name), text) for name, text in value.items()]
        return format_html_join("", "<div>{}: {}</div>", rows) or NOTHING
    if isinstance(value, list):
        return (
            ", ".join(formats.source_name(str(item), page_language()) for item in value) or NOTHING
        )
    return NOTHING if value is None else str(value)


def _position(name: str) -> tuple[int, str]:
    """The order of the document, which the database's JSON does not keep."""
    return (ORDER.index(name) if name in ORDER else len(ORDER)), name


def _places(value: float) -> int:
    """Small prices need more of them."""
    if isinstance(value, int):
        return 0
    return 2 if abs(value) >= 1 else 4
