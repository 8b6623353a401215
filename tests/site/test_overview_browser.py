"""The crypto section in a real browser: whole and with gaps, on narrow and wide screens."""

from __future__ import annotations

import pytest

from market.overview import refresh_overview
from tests.browser import DESKTOP, NewPage, Theme
from tests.site.test_every_page import CLIPPED, SMALL_TEXT, load, watch
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.browser

PRICES = ("binance.tickers", "coingecko.prices")


@pytest.mark.parametrize("silent", [(), PRICES])
@pytest.mark.parametrize(("path", "theme"), [("/indices/", "light"), ("/en/indices/", "dark")])
def test_the_section_fits_its_screen(
    new_page: NewPage,
    faults: list[str],
    numbers: None,
    upstreams: Upstreams,
    path: str,
    theme: Theme,
    silent: tuple[str, ...],
) -> None:
    for name in silent:
        upstreams.always(name, Reply(status=503))
    refresh_overview()
    for width in (320, DESKTOP):
        page = new_page(width, theme)
        failed = watch(page)
        load(page, path)
        assert page.locator("section.crypto tbody tr").count() == 7
        assert page.locator("section.crypto .problems").count() == bool(silent)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CLIPPED) == []
        assert page.evaluate(SMALL_TEXT) == []
        assert (failed, faults) == ([], [])
