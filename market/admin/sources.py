"""How the sources do: a page for staff, and the button that ends a source's rest."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from redis.exceptions import RedisError

from market import breaker, formats
from market.breaker import State
from market.models import Index
from market.source_states import SourceState, configured, source_states
from market.sources import Kind
from marketsite import clock
from marketsite.language import page_language
from marketsite.model_admin import badge, moment, staff

logger = logging.getLogger(__name__)

GIVES: dict[Kind[Any], Promise] = {
    Kind.QUOTES: _("index quotes"),
    Kind.PRICES: _("prices that confirm"),
    Kind.BARS: _("day bars"),
    Kind.COINS: _("coin prices"),
    Kind.CLOSES: _("daily closes of coins"),
    Kind.GLOBAL: _("the whole crypto market"),
    Kind.SENTIMENT: _("fear and greed"),
}


class SourcesViews(admin.ModelAdmin[Index]):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("sources/", view(self.sources_view), name="market_sources"),
            path("sources/<slug:source>/", view(self.ask_again_view), name="market_source_ask"),
            *super().get_urls(),
        ]

    @method_decorator(require_safe)
    def sources_view(self, request: HttpRequest) -> HttpResponse:
        """How each configured source does, and a way to end its rest."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Sources"),
            "opts": self.opts,
            "sources": [_row(item) for item in source_states(clock.now())],
            "may_ask": self.has_change_permission(request),
        }
        return TemplateResponse(request, "admin/market/sources.html", context)

    @method_decorator(require_POST)
    def ask_again_view(self, request: HttpRequest, source: str) -> HttpResponse:
        """End a source's rest: the next refresh asks it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if source not in configured():
            raise Http404
        name = formats.source_name(source, page_language())
        try:
            breaker.end_rest(source)
        except RedisError:
            text = gettext("Redis does not answer, so nothing was changed.")
            self.message_user(request, text, messages.ERROR)
        else:
            logger.info("rest ended source=%s user=%s", source, staff(request).pk)
            text = gettext("%(source)s rests no longer: it is asked when its turn comes.")
            text %= {"source": name}
            self.message_user(request, text, messages.SUCCESS)
        return redirect("admin:market_sources")


def _row(item: SourceState) -> dict[str, Any]:
    known = item.breaker
    return {
        "name": item.name,
        "label": formats.source_name(item.name, page_language()),
        "state": _state(item),
        "failures": known.failures,
        "reason": known.reason,
        "failed_at": moment(known.failed_at) if known.failed_at else "",
        "succeeded_at": moment(known.succeeded_at),
        "gives": ", ".join(str(label) for kind, label in GIVES.items() if kind in item.gives),
        "rests": known.until is not None,
    }


def _state(item: SourceState) -> SafeString:
    if not item.is_known:
        return badge("unknown", gettext("nothing known yet"))
    if item.state == State.OPEN:
        text = gettext("rests until %(until)s") % {"until": moment(item.breaker.until)}
        return badge("failed", text)
    if item.state == State.HALF_OPEN:
        return badge("waiting", gettext("the next call tries it"))
    return badge("done", gettext("in use"))
