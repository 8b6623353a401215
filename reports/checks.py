"""What `check --deploy` says about the settings of reports."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Tags, Warning, register

from market.addresses import is_public

PRIVATE_FEEDS = Warning(
    "RESEARCH_ALLOW_PRIVATE lets a feed's address or redirect reach into your own network.",
    hint="Leave it off outside development.",
    id="reports.W001",
)
# Names that only a network of one's own knows; one without a dot is a neighbour's, too
NEAR = ("localhost", "local", "internal", "lan", "home.arpa", "test")


@register(Tags.security, deploy=True)
def private_feeds(**_: Any) -> list[Warning]:
    return [PRIVATE_FEEDS] if settings.RESEARCH_SOURCES and settings.RESEARCH_ALLOW_PRIVATE else []


@register(Tags.security, deploy=True)
def open_keys(**_: Any) -> list[Warning]:
    """A model's key that crosses the open Internet for everybody to read."""
    from reports.writing.writers import MODEL_WRITERS  # needed here alone, not by each process

    return [_open_key(name.upper()) for name in MODEL_WRITERS if _sends_openly(name.upper())]


def _open_key(name: str) -> Warning:
    return Warning(
        f"{name}_BASE_URL is no https:// address, so {name}_API_KEY and all texts go there openly.",
        hint="Use https://, or a server on your own network.",
        id="reports.W002",
    )


def _sends_openly(name: str) -> bool:
    address = urlsplit(getattr(settings, f"{name}_BASE_URL"))
    has_key = bool(getattr(settings, f"{name}_API_KEY"))
    return has_key and address.scheme != "https" and not _is_near(address.hostname or "")


def _is_near(host: str) -> bool:
    """Whether what is sent there stays on one's own network, as far as its name tells."""
    try:
        ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(tuple(f".{name}" for name in NEAR))
    return not is_public(host)
