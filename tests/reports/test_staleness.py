"""The bound that the site promises: no reader sees what is a second out of date."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from marketsite import clock
from reports.models import Report
from reports.publishing.publish import publish, withdraw
from tests.conftest import ROOT
from tests.processes import until
from tests.reports.staleness_readers import PROCESSES
from tests.site.edge import make_report

BOUND = 1.0
CHANGES = 500
SLUGS = ("one", "two", "three")


@dataclass(slots=True)
class History:
    """The states of one report: before which moment it can not have been, and since when it was."""

    states: list[tuple[float, float, int | None]] = field(default_factory=list)

    def allows(self, began: float, seen: int | None, ended: float) -> bool:
        """Whether a read that began then may have seen this: the last state that was committed a
        bound before, or any later one.
        """
        known = [at for at, state in enumerate(self.states) if state[1] < began - BOUND]
        later = self.states[known[-1] if known else 0 :]
        return any(state[2] == seen and state[0] <= ended for state in later)


def test_no_read_is_older_than_a_second_while_reports_change_five_hundred_times(
    environment: dict[str, str], tmp_path: Path
) -> None:
    reports = {slug: make_report(slug, title="số 0") for slug in SLUGS}
    histories = {slug: History([(0.0, 0.0, 0)]) for slug in SLUGS}
    command = [sys.executable, "-m", "tests.reports.staleness_readers", str(tmp_path), *SLUGS]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE) as readers:
        until(lambda: len(list(tmp_path.glob("*.ready"))) == PROCESSES)
        _change(reports, histories)
        ended = time.monotonic()
        assert readers.stdin
        readers.stdin.close()
    assert readers.returncode == 0

    found = [json.loads(file.read_text()) for file in tmp_path.glob("*.json")]
    reads = [read for one in found for read in one]
    wrong = [
        (began, slug, seen)
        for began, slug, seen, _status in reads
        if not histories[slug].allows(began, seen, ended + BOUND)
    ]
    assert wrong == []
    assert {status for *_, status in reads} == {200, 404}
    assert len(found) == PROCESSES
    assert all(len({seen for _, _, seen, _ in one}) > 3 for one in found)


def _change(reports: dict[str, Report], histories: dict[str, History]) -> None:
    """Edit, withdraw and publish in bursts, with rests in which memory answers."""
    choice = random.Random(5)  # noqa: S311 (the same changes on each run)
    number = 0
    shown = dict.fromkeys(reports, True)
    for change in range(1, CHANGES + 1):
        slug = choice.choice(SLUGS)
        report, began = reports[slug], time.monotonic()
        if not shown[slug]:
            assert publish(report)
            shown[slug] = True
        elif choice.random() < 0.3:
            assert withdraw(report)
            shown[slug] = False
        else:
            number = change
            Report.objects.filter(pk=report.pk).update(title=f"số {number}", updated_at=clock.now())
            report.title = f"số {number}"
        state = int(report.title.split()[1]) if shown[slug] else None
        histories[slug].states.append((began, time.monotonic(), state))
        if change % 25 == 0:
            time.sleep(0.3)
