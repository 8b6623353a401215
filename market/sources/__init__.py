"""The sources by name. A new one is a file here and a line below.

Classes are named, not imported: a process that fetches nothing loads no HTTP library.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from market.http import HttpClient
    from market.sources.base import BarSource, QuoteSource

QUOTE_SOURCES = {
    "vietcap": "market.sources.vietcap.Vietcap",
    "vndirect": "market.sources.vndirect.VNDirect",
}
BAR_SOURCES = {
    "vietcap": "market.sources.vietcap.Vietcap",
}
DEFAULT_BASE_URLS = {
    "vietcap": "https://trading.vietcap.com.vn",
    "vndirect": "https://api-finfo.vndirect.com.vn",
}


def quote_source(
    name: str, client: HttpClient, base_urls: Mapping[str, str], headers: Mapping[str, str]
) -> QuoteSource:
    """The quote source `name`, ready to ask; KeyError for a name that is not registered."""
    return cast("QuoteSource", _build(QUOTE_SOURCES[name], client, base_urls[name], headers))


def bar_source(
    name: str, client: HttpClient, base_urls: Mapping[str, str], headers: Mapping[str, str]
) -> BarSource:
    """The source of day bars `name`; KeyError for a name that is not registered."""
    return cast("BarSource", _build(BAR_SOURCES[name], client, base_urls[name], headers))


def _build(path: str, client: HttpClient, base_url: str, headers: Mapping[str, str]) -> object:
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)(client, base_url, headers)
