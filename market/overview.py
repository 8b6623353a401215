"""The crypto overview: sources → one flat document in Redis, and a row in the database.

Under `latest_market_data` stand the flat names that earlier clients know: US dollars and percent,
times UTC. A figure that no source gave is null, and `partial_failure` tells the reason by its
name; nothing is ever guessed. Reading never calls an upstream.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from redis.exceptions import RedisError

from market import breaker
from market.breaker import Breakers
from market.crypto_view import CryptoView, view_of
from market.models import Overview
from market.overview_parts import (
    CALL_SECONDS,
    COIN_NAMES,
    NAMES,
    SLOW_PARTS,
    Asker,
    Figure,
    Figures,
    Kept,
    coin_figures,
    is_number,
)
from market.snapshot import GRACE_SECONDS, iso
from market.sources.demo_crypto import NAME as DEMO
from market.sources.demo_crypto import demo_overview
from marketsite import clock
from marketsite.redis import read_json, write_json

if TYPE_CHECKING:
    from market.http import HttpClient

logger = logging.getLogger(__name__)

KEY = "latest_market_data"
PARTS_KEY = "latest_market_data:parts"
PARTS_SECONDS = 3 * 24 * 3600
PRICE_NAMES = tuple(name for name in COIN_NAMES if name.endswith("_price_usd"))

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OverviewResult:
    """What one refresh made: the document, each figure with its source and time, the failures."""

    data: Data
    figures: Figures
    failures: tuple[tuple[str, str], ...]
    cached: bool

    @property
    def success(self) -> bool:
        """Whether at least one real price was fetched, and readers can see it."""
        priced = any(self.data[name] is not None for name in PRICE_NAMES)
        return priced and self.cached and not self.data["simulated"]


def refresh_overview() -> OverviewResult:
    """Fetch, store and publish the crypto overview.

    One source's failure costs no more than its own part. Raises only for a database that does not
    answer. When no source gives anything, `MARKET_DEMO` allows it and no real overview exists, a
    simulated one is shown. Without Redis the slow parts are asked for each time.
    """
    now, began = clock.now(), time.monotonic()
    breakers, known = _remembered(now)
    figures, parts, failures = _fetch(breakers, known, now)
    simulated = not _has_values(figures) and demo_allowed()
    if simulated:
        figures = {name: Figure(value, DEMO, now) for name, value in demo_overview(now).items()}
    data = _document(figures, now, simulated, int((time.monotonic() - began) * 1000))
    if _has_values(figures):
        Overview.objects.create(fetched_at=now, data=data, simulated=simulated)
    cached = _publish(data, parts, breakers)
    unwritten = [] if cached else [("redis", "overview not written")]
    result = OverviewResult(data, figures, (*failures, *unwritten), cached)
    logger.info(
        "refreshed overview sources=%s missing=%d simulated=%s",
        ",".join(data["data_sources"]) or "none",
        len(data["partial_failure"]),
        simulated,
    )
    return result


def read_overview() -> Data | None:
    """The overview as last made: from Redis, else the newest stored one; None before the first.

    `timestamp` tells its age. Real ones come before simulated ones, whatever their age.
    """
    try:
        (found,) = read_json(KEY)
    except RedisError as error:
        logger.warning("overview not read reason=%s", type(error).__name__)
        found = None
    if _is_overview(found) and not (found["simulated"] and not demo_allowed()):
        return dict(found)
    return _newest(simulated=False) or (_newest(simulated=True) if demo_allowed() else None)


def crypto_view() -> CryptoView | None:
    """What a page shows of `read_overview`, in the language of the page."""
    data = read_overview()
    return view_of(data, clock.now()) if data else None


def demo_allowed() -> bool:
    """Whether a simulated overview may be shown: not after the first real one."""
    return settings.MARKET_DEMO == "auto" and not _stored(simulated=False).exists()


def _remembered(now: datetime) -> tuple[Breakers, dict[str, Kept]]:
    """The breakers and the slow parts, in one round trip; new ones without Redis."""
    sources = list(dict.fromkeys(settings.CRYPTO_SOURCES))
    try:
        found, *states = read_json(PARTS_KEY, *breaker.keys(sources))
    except RedisError as error:
        logger.warning("overview's parts not read reason=%s", type(error).__name__)
        found, states = None, [None] * len(sources)
    parts = found if isinstance(found, dict) else {}
    known = {name: Kept.from_json(part) for name, part in parts.items()}
    return Breakers(sources, now, breaker.parse(sources, states)), known


def _fetch(
    breakers: Breakers, known: Mapping[str, Kept], now: datetime
) -> tuple[Figures, dict[str, Kept], list[tuple[str, str]]]:
    """Every figure, the slow parts to keep, and what failed. Prices come first, candles last."""
    parts: dict[str, Kept] = {}
    with _http_client() as http:
        asker = Asker(http, breakers)
        figures = coin_figures(asker, now)
        for part in SLOW_PARTS:
            kept = part.renewed(known.get(part.name, Kept()), asker, now)
            parts[part.name] = kept
            figures |= part.shown(kept, now)
    return figures, parts, asker.failures


def _http_client() -> HttpClient:
    from market.http import HttpClient  # here, so that who reads the overview has no network code

    return HttpClient(
        connect_timeout=min(settings.MARKET_CONNECT_SECONDS, CALL_SECONDS),
        total_timeout=min(settings.MARKET_TOTAL_SECONDS, CALL_SECONDS),
        max_bytes=settings.MARKET_MAX_BYTES,
    )


def _document(figures: Figures, now: datetime, simulated: bool, milliseconds: int) -> Data:
    known = [item for item in figures.values() if item.value is not None]
    return {
        **{name: figures[name].value for name in NAMES},
        "data_sources": list(dict.fromkeys(item.source for item in known)),
        "partial_failure": {
            name: figures[name].reason for name in NAMES if figures[name].value is None
        },
        "simulated": simulated,
        "fetch_duration_ms": milliseconds,
        "timestamp": iso(now),
    }


def _publish(data: Data, parts: Mapping[str, Kept], breakers: Breakers) -> bool:
    """Whether Redis took all; the overview expires as the index snapshot does."""
    seconds = max(settings.MARKET_REFRESH_SECONDS + GRACE_SECONDS, settings.MARKET_SNAPSHOT_SECONDS)
    kept = {name: part.to_json() for name, part in parts.items()}
    try:
        write_json({KEY: (data, seconds), PARTS_KEY: (kept, PARTS_SECONDS), **breakers.changes()})
    except RedisError as error:
        logger.warning("overview not written reason=%s", type(error).__name__)
        return False
    return True


def _has_values(figures: Figures) -> bool:
    return any(item.value is not None for item in figures.values())


def _stored(simulated: bool) -> Any:
    return Overview.objects.filter(simulated=simulated)


def _newest(simulated: bool) -> Data | None:
    rows = _stored(simulated).order_by("-fetched_at").values_list("data", flat=True)
    found = rows.first()
    return dict(found) if _is_overview(found) else None


def _is_overview(found: Any) -> bool:
    """Whether it is of our shape, so that a page need not doubt it."""
    if not isinstance(found, dict) or not set(NAMES) <= found.keys():
        return False
    try:
        clock.parse(found["timestamp"])
        reasons, sources = found["partial_failure"], found["data_sources"]
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    return (
        all(found[name] is None or is_number(found[name]) for name in NAMES)
        and isinstance(reasons, dict)
        and all(isinstance(reason, str) for reason in reasons.values())
        and isinstance(sources, list)
        and all(isinstance(source, str) for source in sources)
        and isinstance(found.get("simulated"), bool)
    )
