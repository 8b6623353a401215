"""How much memory jobs and pages take while they work: five megabytes more would show."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from marketsite import memory
from tests.conftest import ROOT
from tests.reports.admin import make_report
from tests.site.peaks import Peaks
from tests.upstreams import Reply, Upstreams

pytestmark = pytest.mark.slow

MODEL = {
    "GEMINI_API_KEY": "AIza-test-key",
    "REPORT_WRITERS": "gemini",
    "REPORT_MAX_COST_PER_DAY": "100000",
    "REPORT_MAX_TOKENS_PER_RUN": "100000000",
    "RESEARCH_ALLOW_PRIVATE": "true",
    "LLM_MAX_BYTES": "6000000",
    "LLM_RETRY_SECONDS": "0.1",
}
# Megabytes; what stands beside each was measured when the bound was set
STEPS = {
    "prepare_data": 4,  # 1.4
    "research": 3,  # 0.0
    "write": 4,  # 1.3
    "verify": 4,  # 0.8
    "translate": 4,  # 0.4
    "render": 5,  # 2.1
    "save": 5,  # 2.4
    "resident": 7,  # 2.6
}
LONG_ANSWERS = STEPS | {
    "write": 16,  # 12.2: the answer's bytes, its text, and what is read of it
    "translate": 16,  # 12.1
    "resident": 17,  # 12.4
}
PAGES = {
    "home": 5,  # 2.2
    "indices": 3,  # 0.1
    "list": 3,  # 0.2
    "search": 10,  # 6.8: the text of each hit is read for its excerpt
    "reports API": 3,  # 0.1
    "sitemap": 3,  # 0.1
    "one": 9,  # 5.4, and its HTML has 0.75
    "export": 10,  # 6.2
    "articles API": 14,  # 10.9, of an answer of 1.8
}
TIMES_OF_A_FEED = 5.5  # its own size; 5.0


def measured(what: str, environment: dict[str, str], **variables: str) -> Peaks:
    """Megabytes by name, of a process on the test's database that does nothing else."""
    settings = {"DJANGO_SETTINGS_MODULE": "marketsite.settings"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.site.peaks", what],
        cwd=ROOT,
        env=environment | memory.ALLOCATOR_SETTINGS | settings | variables,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    peaks: Peaks = json.loads(done.stdout)
    return peaks


def over(peaks: Peaks, bounds: dict[str, int]) -> dict[str, float]:
    assert set(bounds) <= set(peaks)
    return {name: peaks[name] for name, bound in bounds.items() if peaks[name] > bound}


def test_a_refresh_takes_less_than_two_megabytes(environment: dict[str, str]) -> None:
    jobs = ("refresh_indices", "refresh_overview", "close_day", "prune")  # 0.1 each
    assert over(measured("refreshes", environment), dict.fromkeys(jobs, 2)) == {}


def test_a_source_that_answers_at_length_costs_what_is_read_of_it(
    environment: dict[str, str], upstreams: Upstreams
) -> None:
    upstreams.always("vietcap.quotes", Reply(body={"data": "x" * 4_000_000}))
    assert over(measured("refreshes", environment), {"refresh_indices": 5}) == {}  # 2.4


@pytest.mark.parametrize(
    ("characters", "bounds"),
    [(100_000, STEPS), (4_000_000, LONG_ANSWERS)],
    ids=["usual answers", "answers of 4 MB"],
)
def test_a_step_holds_little_more_than_one_answer(
    characters: int,
    bounds: dict[str, int],
    environment: dict[str, str],
    upstreams: Upstreams,
) -> None:
    upstreams.always("gemini.generate", Reply(pad=characters))
    assert over(measured("steps", environment, **MODEL), bounds) == {}


def test_no_list_reads_what_it_does_not_show(environment: dict[str, str]) -> None:
    """Eight megabytes of articles lie behind each list."""
    for number in range(12):
        text = "<p>VN-Index</p>" * (20_000 if number else 50_000)
        origin = "editor" if number % 2 else "run"
        texts = {"html_content": text, "html_content_en": text}
        make_report(f"large-{number}", "published", origin=origin, **texts)
    peaks = measured("pages", environment)
    assert over(peaks, PAGES) == {}
    for feed in ("Atom", "JSON feed"):
        assert peaks[feed] < TIMES_OF_A_FEED * peaks[f"{feed}, answer"]
