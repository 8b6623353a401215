from __future__ import annotations

from typing import Any

from marketsite.management import JobCommand
from reports.tick import tick


class Command(JobCommand):
    help = (
        "Do all that is due: refresh, publish, close the day, prune, write waiting and due reports."
        " For cron, each minute, instead of worker and beat. Exit code 1 when a job failed, named"
        " on standard error; the others are done all the same."
    )

    def run(self, **options: Any) -> None:
        if failed := tick():
            self.stderr.write(f"failed: {', '.join(failed)}")
            raise SystemExit(1)
