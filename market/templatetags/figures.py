"""Figures and times in the language of the page; an unknown value is a dash."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from market import formats, reasons
from market.sessions import VIETNAM
from marketsite.language import page_language

register = template.Library()

UNKNOWN = "–"


def _figure(write: Callable[[Decimal, str], str]) -> Callable[[Decimal | int | None], str]:
    def written(value: Decimal | int | None) -> str:
        return UNKNOWN if value in (None, "") else write(Decimal(str(value)), page_language())

    return written


register.filter("level", _figure(lambda value, lang: formats.number(value, 2, lang)))
register.filter("signed", _figure(lambda value, lang: formats.number(value, 2, lang, "always")))
register.filter("percent", _figure(lambda value, lang: formats.percent(value, lang, "always")))
register.filter("count", _figure(lambda value, lang: formats.number(value, 0, lang)))
register.filter("shares", _figure(formats.shares))
register.filter("vnd", _figure(formats.vnd))


@register.filter
def unbroken(text: str) -> SafeString:
    """Escaped text in which an index's name does not part at its hyphen at a line's end."""
    names = re.sub(r"\w+-Index", r'<span class="whole">\g<0></span>', escape(text))
    return mark_safe(names)  # noqa: S308 (escaped above)


@register.filter
def moment(value: datetime | None) -> str:
    return formats.moment(value, page_language()) if value else UNKNOWN


@register.filter
def day(value: date | datetime | None) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(VIETNAM).date()
    return formats.day(value, page_language()) if value else UNKNOWN


@register.filter
def clock_time(value: datetime | None) -> str:
    return f"{value.astimezone(VIETNAM):%H:%M}" if value else UNKNOWN


@register.filter
def clock_seconds(value: datetime | None) -> str:
    return f"{value.astimezone(VIETNAM):%H:%M:%S}" if value else UNKNOWN


@register.filter
def weekday(value: datetime | None) -> str:
    return formats.weekday(value.astimezone(VIETNAM).date(), page_language()) if value else ""


@register.filter
def age(value: timedelta | None) -> str:
    return formats.age(value, page_language()) if value is not None else UNKNOWN


@register.filter
def source(value: str) -> str:
    return formats.source_name(value, page_language()) if value else UNKNOWN


@register.filter
def told(error: str) -> str:
    """Why a figure could not be renewed, for a reader."""
    return reasons.told(error, page_language())
