"""Stored reasons in templates: `{{ row.reason|told }}`."""

from __future__ import annotations

from django import template

from reports.publishing import reasons

register = template.Library()
register.filter("told", reasons.told)
