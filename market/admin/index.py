"""Indices: what the site follows, and what each source calls it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Max
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from market.admin.forms import SOURCE_FIELDS, IndexForm
from market.admin.sources import SourcesViews
from market.models import Index
from marketsite.model_admin import NOTHING

OWN_FIELDS = ("code", "key", "name", "exchange", "position", "active")


@admin.register(Index)
class IndexAdmin(SourcesViews):
    form = IndexForm
    list_display = ("name", "code", "key", "exchange", "position", "active")
    list_filter = ("exchange", "active")
    search_fields = ("code", "name")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new index stands last: the first one leads the strip and the reports."""
        last = Index.objects.aggregate(last=Max("position"))["last"]
        after = 0 if last is None else last + 1
        return {"position": after, **super().get_changeform_initial_data(request)}

    def get_readonly_fields(self, request: HttpRequest, obj: Index | None = None) -> Any:
        """Quotes, the snapshot and reports name an index by code and key, so those stay."""
        return ("code", "key", "vendor_names") if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Index | None = None) -> Any:
        edits = obj is None or self.has_change_permission(request, obj)
        names = {
            "fields": tuple(SOURCE_FIELDS) if edits else ("vendor_names",),
            "description": _("A source without a name is not asked for this index."),
        }
        return ((None, {"fields": OWN_FIELDS}), (_("Names at the sources"), names))

    @admin.display(description=_("names at the sources"))
    def vendor_names(self, index: Index) -> SafeString | str:
        """What who may only read sees in place of the fields."""
        names = [
            (source, index.vendor_codes[source])
            for source in SOURCE_FIELDS.values()
            if source in index.vendor_codes
        ]
        return format_html_join(", ", "{}: {}", names) or NOTHING
