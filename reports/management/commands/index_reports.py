from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from marketsite.management import JobCommand
from reports import indexing


class Command(JobCommand):
    help = "Make the words that search finds anew: after texts were changed or restored by SQL."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--missing", action="store_true", help="only of reports that have none")

    def run(self, **options: Any) -> None:
        done = 0
        for number in indexing.index_all(missing_only=options["missing"]):
            done += number
            if options["verbosity"] > 1:
                self.stdout.write(f"{done} reports so far")
        self.stdout.write(f"{done} reports indexed")
