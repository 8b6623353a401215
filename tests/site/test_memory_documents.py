"""What the documents say of memory is what the last soak measured, and what the code does."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from typing import Any

import pytest

from bench.soak.document import DOCUMENTS, written
from bench.soak.judge import Bounds
from marketsite.memory import Job
from tests.conftest import ROOT
from tests.documents import text

RESULT: dict[str, Any] = json.loads(text("bench/results/soak.json"))
GUIDE = "docs/MEMORY_OPTIMIZATION.md"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_holds_the_last_soaks_figures(document: str) -> None:
    """`python -m bench.soak.document` brings it into step."""
    assert "<!-- soak: " in text(document)
    assert written(text(document), RESULT) == text(document)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_another_soak_changes_each_of_them(document: str) -> None:
    """Days are only judged for growth when there is more than one."""
    other = deepcopy(RESULT)
    other["plan"] |= {"days": 7, "refreshes": 480}
    other["verdict"] |= {"pss_total": 181.4, "with_servers": 251.6, "worker_tree": 91.2}
    new = written(text(document), other)
    assert re.search(r"\b252( MB| \|)", new)
    if document == GUIDE:
        assert re.search(r"`python -m bench\.soak --days 7`", new.replace("\n", " "))
        assert re.search(
            r"\| growth, the process that grows most \| [+-]\d+\.\d\d MB a day \|", new
        )


def parts(heading: str) -> list[str]:
    """The numbered parts of the guide below a heading."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## )", text(GUIDE), re.MULTILINE | re.DOTALL)
    found = re.split(r"^### (\d)\. .+$", section, flags=re.MULTILINE)
    assert [int(number) for number in found[1::2]] == list(range(1, len(found) // 2 + 1))
    return found[2::2]


def test_the_guide_answers_three_problems_five_practices_and_three_metrics() -> None:
    found = {what: parts(f"The {what}") for what in ("three problems", "five practices")}
    found["three metrics"] = parts("The three metrics")
    assert [len(told) for told in found.values()] == [3, 5, 3]
    for told in [part for section in found.values() for part in section]:
        rows = dict(re.findall(r"^\| (\w+) \| (.+) \|$", told, re.MULTILINE))
        assert list(rows) == ["theirs", "ours", "why", "command", "measured"]
        assert re.search(r"`[^`]+`", rows["command"])


def test_the_bounds_in_the_guide_are_the_soaks() -> None:
    bounds, guide = Bounds(), text(GUIDE)
    for told in (
        f"all of the site's processes {bounds.pss_total} MB",
        f"growth {bounds.slope_per_day} MB a day for each",
        f"{bounds.redis_clients} between least and most",
        f"{bounds.peak_usual} MB above idle while a usual report is written",
        f"{bounds.peak_worst} MB with answers of 4 MB",
    ):
        assert told in guide


def test_the_line_to_look_for_is_the_one_that_is_written(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        Job("refresh_indices").finish("ok")
    (line,) = [record.getMessage() for record in caplog.records if "cleanup" in record.getMessage()]
    shown = re.findall(r"^Memory cleanup completed .*$", text(GUIDE), re.MULTILINE)
    assert [re.sub(r"[\d.]+", "N", one) for one in shown] == [re.sub(r"[\d.]+", "N", line)]


def test_what_the_guide_names_is_there() -> None:
    for name in re.findall(r"`((?:tests|marketsite)/[\w./]+?)/?`", text(GUIDE)):
        assert (ROOT / name).exists(), name
    for setting in re.findall(r"`([A-Z]+_[A-Z_]+)`", text(GUIDE)):
        assert setting in text(".env.example"), setting
