"""A real Chromium against the site on the test database.

Found by `CHROMIUM` or at `/usr/bin/chromium`; without one these tests are skipped with that reason,
and fail where `REQUIRE_BROWSER=1`. Every console error, uncaught error and violation of the content
security policy, in frames too, is a fault; a test that leaves one behind fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal

import pytest
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.db import connections
from django.test import Client

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

Theme = Literal["light", "dark"]
NewPage = Callable[..., "Page"]
SignIn = Callable[["Page", AbstractBaseUser], None]

DESKTOP, PHONE = 1280, 390
HEIGHTS = {PHONE: 844}
REPORT_VIOLATION = """
  addEventListener("securitypolicyviolation", (event) => console.error(
    `CSP: ${event.violatedDirective} refused ${event.blockedURI} ${event.sample}`));
"""


@pytest.fixture(scope="module")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    """One browser process for the tests of a module."""
    path = Path(os.environ.get("CHROMIUM") or "/usr/bin/chromium")
    if not path.exists():
        _without_browser(f"no Chromium at {path}: install it, or set CHROMIUM")
    from playwright.sync_api import sync_playwright

    default = connections["default"]
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, in which Django would refuse to query, and
        # would use a second connection, which knows nothing of the rows that migrations made
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        connections["default"] = default
        browser = playwright.chromium.launch(
            executable_path=path, chromium_sandbox=os.geteuid() != 0
        )
        yield browser
        browser.close()


@pytest.fixture
def live_site(committed: None, static_files: None) -> Iterator[str]:
    """The site's address: this process's settings, the test database, WhiteNoise and all."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), _QuietHandler)
    server.set_app(WSGIHandler())
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def faults() -> list[str]:
    """What went wrong in the browser so far; clear it after a fault that the test provoked."""
    return []


@pytest.fixture
def new_page(chromium: Browser, live_site: str, faults: list[str]) -> Iterator[NewPage]:
    """Open pages of a fresh profile: `new_page(PHONE, "dark").goto("/en/")`.

    Further arguments go to Playwright's `new_context`, as `java_script_enabled=False`.
    """
    with ExitStack() as contexts:

        def open_page(width: int = DESKTOP, theme: Theme = "light", **options: Any) -> Page:
            context = chromium.new_context(
                base_url=live_site,
                viewport={"width": width, "height": HEIGHTS.get(width, 900)},
                color_scheme=theme,
                **options,
            )
            contexts.callback(context.close)
            context.set_default_timeout(20_000)
            context.add_init_script(REPORT_VIOLATION)
            context.on("console", lambda message: _note_console(message, faults))
            context.on("weberror", lambda error: faults.append(f"uncaught: {error.error}"))
            return context.new_page()

        yield open_page
    assert faults == []


@pytest.fixture
def browser_page(new_page: NewPage) -> Page:
    """One page of desktop width in the light theme."""
    return new_page()


@pytest.fixture
def sign_in(live_site: str) -> SignIn:
    """Give a page's profile a session of a user: `sign_in(page, user)`."""

    def start_session(page: Page, user: AbstractBaseUser) -> None:
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        page.context.add_cookies([{"name": name, "value": value, "url": live_site}])

    return start_session


def _note_console(message: ConsoleMessage, faults: list[str]) -> None:
    if message.type in {"error", "warning"}:
        where = message.location
        faults.append(f"{message.text} ({where['url']}:{where['lineNumber']})")


def _without_browser(reason: str) -> None:
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Requests are no news in a test."""
