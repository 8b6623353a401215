from __future__ import annotations

from typing import Any

from marketsite.management import JobCommand
from reports.retention import prune


class Command(JobCommand):
    help = "Delete market rows and run texts that are older than their retention."

    def run(self, **options: Any) -> None:
        pruned = prune()
        self.stdout.write(f"{pruned.quotes} quotes deleted, {pruned.steps} step texts emptied")
        self.stdout.write(
            f"{pruned.overviews} crypto overviews and {pruned.rejected} rejected quotes deleted"
        )
        self.stdout.write(f"{pruned.calls} single calls to models deleted; their sums stay")
