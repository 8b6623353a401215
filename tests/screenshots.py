"""`make screenshots`: each kind of page on phone and desktop, light and dark, in both languages.

    python -m tests.screenshots [folder] [--docs]

writes PNG files such as `report-phone-dark-vi.png` into the folder, by default .local/screenshots;
with --docs only those that the documents show, small, into docs/images.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.shown import ROOT, Shown, shown
from tests.upstreams.scenarios import AFTER_CLOSE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCREENS = {"phone": (390, 844, 2), "desktop": (1280, 900, 1)}
THEMES = ("light", "dark")
LANGUAGES = ("vi", "en")
# name in docs/images: page, screen, theme, language, whether all of the page
CHOSEN = {
    "front": ("home", "desktop", "light", "vi", False),
    "report": ("report", "desktop", "light", "en", False),
    "phone": ("report", "phone", "dark", "vi", False),
    "index": ("index", "desktop", "dark", "en", False),
}


def pages(site: Shown) -> dict[str, str]:
    """The kinds of page by name, each with its Vietnamese path."""
    return {
        "home": "/",
        "report": site.report,
        "reports": "/reports/",
        "indices": "/indices/",
        "index": "/indices/vnindex/",
        "track-record": "/track-record/",
        "about": "/about/",
        "method": "/method/",
        "contact": "/contact/",
        "api": "/api/v1/docs",
        "missing": "/nope/",
    }


def main() -> int:
    options = _options()
    from playwright.sync_api import sync_playwright

    with shown() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or "/usr/bin/chromium",
            chromium_sandbox=os.geteuid() != 0,
        )
        if options.docs:
            _draw_chosen(browser, site)
        else:
            options.folder.mkdir(parents=True, exist_ok=True)
            count = sum(1 for _ in _draw_all(browser, site, options.folder))
            sys.stdout.write(f"{count} pictures in {options.folder}\n")
        browser.close()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots")
    default = ROOT / ".local" / "screenshots"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    parser.add_argument("--docs", action="store_true")
    return parser.parse_args()


def _draw_all(browser: Browser, site: Shown, folder: Path) -> Iterator[Path]:
    for screen in SCREENS:
        for theme in THEMES:
            page = _open(browser, site, screen, theme)
            for name, path in pages(site).items():
                for language in LANGUAGES:
                    file = folder / f"{name}-{screen}-{theme}-{language}.png"
                    _visit(page, path, language)
                    page.screenshot(path=file, full_page=True)
                    yield file
            page.context.close()


def _draw_chosen(browser: Browser, site: Shown) -> None:
    from PIL import Image

    for name, (kind, screen, theme, language, whole) in CHOSEN.items():
        page = _open(browser, site, screen, theme)
        _visit(page, pages(site)[kind], language)
        raw = ROOT / "docs" / "images" / f"{name}.png"
        page.screenshot(path=raw, full_page=whole)
        page.context.close()
        with Image.open(raw) as picture:
            picture.save(raw.with_suffix(".webp"), lossless=False, quality=82, method=6)
        raw.unlink()


def _open(browser: Browser, site: Shown, screen: str, theme: str) -> Page:
    width, height, scale = SCREENS[screen]
    context = browser.new_context(
        base_url=site.url,
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
        color_scheme="dark" if theme == "dark" else "light",
    )
    page = context.new_page()
    page.clock.install(time=AFTER_CLOSE)
    return page


def _visit(page: Page, path: str, language: str) -> None:
    page.goto(path if language == "vi" else f"/en{path}", wait_until="networkidle")
    page.evaluate("document.fonts.ready")


if __name__ == "__main__":
    sys.exit(main())
