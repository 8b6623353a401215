"""What a reader waits for and loads on the first view, in Chromium on a slow line and processor.

    .venv/bin/python -m bench.first_view         (about two minutes; Chromium at /usr/bin/chromium)

Serves the replay of 21 August 2026 as production does and opens each page with an empty cache, at
1.6 Mbit/s with 150 ms of delay and a processor slowed four times, by Chromium's own throttling.
Writes `bench/results/first_view.json` and `first_view.txt`: kilobytes over the line with fonts and
headers, milliseconds to the largest paint (median of the runs), and how much moved by itself. The
exit code is 1 when a page is over 200 kB, over 2.5 s, or moves by 0.01 or more.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bench.site import RESULTS
from tests.shown import Shown, shown
from tests.upstreams.scenarios import AFTER_CLOSE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

RUNS = 5
MOST_KB, MOST_MS, MOST_MOVED = 200.0, 2500.0, 0.01
LINE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 750e3 / 8,
}
SLOWER = 4
SCREENS = {"phone": (390, 844), "desktop": (1280, 900)}
OBSERVE = """
  const [real, late] = [Date.now, Date.now() - Date.parse("MOMENT")];
  Date.now = () => real() - late; // the day of the replay, or the strip would ask for newer numbers
  window.seen = { largest: 0, moved: 0 };
  const watch = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note))
      .observe({ type, buffered: true });
  watch("largest-contentful-paint", (entry) => { window.seen.largest = entry.startTime; });
  watch("layout-shift", (entry) => {
    if (!entry.hadRecentInput) window.seen.moved += entry.value;
  });
"""


@dataclass(frozen=True)
class View:
    """One page's first view; `requests` counts all that it asked for."""

    page: str
    screen: str
    kilobytes: float
    requests: int
    largest_paint_ms: float
    moved: float

    @property
    def within(self) -> bool:
        fits = self.kilobytes <= MOST_KB and self.largest_paint_ms <= MOST_MS
        return fits and self.moved < MOST_MOVED


def main() -> int:
    from playwright.sync_api import sync_playwright

    with shown() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or "/usr/bin/chromium",
            chromium_sandbox=os.geteuid() != 0,
        )
        views = list(_views(browser, site))
        browser.close()
    load = round(os.getloadavg()[0], 1)
    text = _text(views, load)
    report = {
        "load": load,
        "processors": os.cpu_count(),
        "runs": RUNS,
        "views": [asdict(view) for view in views],
    }
    RESULTS.joinpath("first_view.json").write_text(json.dumps(report, indent=1) + "\n")
    RESULTS.joinpath("first_view.txt").write_text(text)
    sys.stdout.write(text)
    return int(not all(view.within for view in views))


def _views(browser: Browser, site: Shown) -> Iterator[View]:
    pages = {
        "home": "/",
        "report": site.report,
        "indices": "/indices/",
        "index": "/indices/vnindex/",
    }
    for screen in SCREENS:
        for name, path in pages.items():
            runs = [_first_view(browser, site.url + path, screen) for _ in range(RUNS)]
            yield View(
                page=name,
                screen=screen,
                kilobytes=round(max(run["bytes"] for run in runs) / 1000, 1),
                requests=max(run["requests"] for run in runs),
                largest_paint_ms=round(statistics.median(run["largest"] for run in runs)),
                moved=round(max(run["moved"] for run in runs), 4),
            )


def _first_view(browser: Browser, url: str, screen: str) -> dict[str, Any]:
    """One visit of a new profile, until the line has been quiet for half a second."""
    width, height = SCREENS[screen]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.add_init_script(OBSERVE.replace("MOMENT", AFTER_CLOSE))
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", LINE)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(url, wait_until="networkidle", timeout=60_000)
    seen: dict[str, float] = page.evaluate("window.seen")
    context.close()
    return {**seen, "bytes": sum(sizes), "requests": len(sizes)}


def _text(views: list[View], load: float) -> str:
    lines = [
        f"1.6 Mbit/s, 150 ms, processor slowed {SLOWER} times; {RUNS} runs, load {load}",
        f"{'page':10}{'screen':10}{'kB':>8}{'requests':>10}{'paint ms':>10}{'moved':>9}",
    ]
    lines += [
        f"{view.page:10}{view.screen:10}{view.kilobytes:8.1f}{view.requests:10}"
        f"{view.largest_paint_ms:10.0f}{view.moved:9.4f}"
        for view in views
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
