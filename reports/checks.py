"""What `check --deploy` says about the settings of reports."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Tags, Warning, register

PRIVATE_FEEDS = Warning(
    "RESEARCH_ALLOW_PRIVATE lets a feed's address or redirect reach into your own network.",
    hint="Leave it off outside development.",
    id="reports.W001",
)


@register(Tags.security, deploy=True)
def private_feeds(**_: Any) -> list[Warning]:
    return [PRIVATE_FEEDS] if settings.RESEARCH_SOURCES and settings.RESEARCH_ALLOW_PRIVATE else []
