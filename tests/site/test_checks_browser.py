"""The table of checks in a real Chromium: opened by its chip, whole on a phone, accessible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reports.models import Report
from tests.browser import DESKTOP, NewPage
from tests.site.test_every_page import AXE, CLIPPED, RULES, SMALL_TEXT

if TYPE_CHECKING:
    from tests.browser import Theme

pytestmark = pytest.mark.browser

NARROW = 360
CUT = {
    "kind": "derived",
    "passed": False,
    "reason": "“39,61 điểm” its arithmetic names vnindex.altogether_unheard_of, which is no fact.",
    "times": 2,
    "language": "vi",
    "figure_vi": "cao hơn phiên trước 39,61 điểm và cao nhất kể từ đầu năm",
    "figure_en": "cao hơn phiên trước 39,61 điểm và cao nhất kể từ đầu năm",
    "evidence_vi": "vnindex.altogether_unheard_of - vnindex.another_unheard_of",
    "evidence_en": "vnindex.altogether_unheard_of - vnindex.another_unheard_of",
}
FINDINGS = """rules => axe.run("details.checks", {runOnly: rules}).then(
  found => found.violations.map(item => `${item.id} ${item.nodes.map(node => node.target)}`))"""


@pytest.mark.parametrize(
    ("width", "theme"), [(NARROW, "light"), (NARROW, "dark"), (DESKTOP, "dark")]
)
def test_the_chip_opens_the_table_which_fits_and_can_be_read(
    new_page: NewPage, report: Report, width: int, theme: Theme
) -> None:
    report.verification["checks"].append(CUT)
    report.save()
    page = new_page(width, theme, bypass_csp=True)
    for prefix in ("", "/en"):
        page.goto(f"{prefix}{report.get_absolute_url().removeprefix('/en')}")
        page.evaluate("document.fonts.ready")
        assert page.locator(".checks table").is_hidden()
        page.locator("a.chip").first.click()
        assert page.locator(".checks table").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CLIPPED) == []
        assert page.evaluate(SMALL_TEXT) == []
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(FINDINGS, RULES) == []
