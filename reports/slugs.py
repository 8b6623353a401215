"""Addresses of reports whose title comes from a person."""

from __future__ import annotations

from datetime import datetime

from django.utils.text import slugify

from market.sessions import VIETNAM
from reports.models import Report

LENGTH = 80
SPELLED = str.maketrans({"đ": "d", "Đ": "D", "/": " "})  # 1/10 is 1-10, not 110


def free_slug(title: str, when: datetime) -> str:
    """The title's words and the day in Vietnam, with a number only where that is taken."""
    words = slugify(title.translate(SPELLED))[:LENGTH].strip("-") or "bao-cao"
    wanted = f"{words}-{when.astimezone(VIETNAM):%Y-%m-%d}"
    taken = set(Report.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    found, number = wanted, 2
    while found in taken:
        found, number = f"{wanted}-{number}", number + 1
    return found
