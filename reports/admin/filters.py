"""What editors look for in the list of reports."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from reports.models import Report
from reports.publishing.checks import UNPROVEN

Choices = dict[str, tuple[Any, Q]]  # by name: a label, now or lazily translated, and a condition


class Choice(SimpleListFilter):
    """A filter whose choices are conditions by name."""

    conditions: Choices = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, label) for name, (label, _condition) in self.conditions.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Report]) -> QuerySet[Report]:
        chosen = self.conditions.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset


class OpenPoint(Choice):
    title = _("open points")
    parameter_name = "open"
    conditions = {
        "review": (_("waits for review"), Q(status=Report.Status.REVIEW)),
        "english": (_("English still to come"), Q(translation_pending=True)),
        "unproven": (_("typed figures not proven"), Q(verification__has_key=UNPROVEN)),
    }


class Kind(Choice):
    title = _("kind")
    parameter_name = "kind"
    conditions = {
        "report": (_("reports"), Q(is_note=False, superseded_by=None)),
        "note": (_("short notes: nothing new"), Q(is_note=True)),
        "stand-in": (_("notes in a report’s place"), Q(superseded_by__isnull=False)),
    }
