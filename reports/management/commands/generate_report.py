from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser, no_translations

from marketsite import clock
from marketsite.management import JobCommand
from reports.models import Report, Run
from reports.writing import pipeline
from reports.writing.schedule import due_slot


class Command(JobCommand):
    help = "Write the report of one slot and publish it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--slot", help="the slot, as 2026-08-21T08:00:00Z; default: this minute"
        )
        parser.add_argument("--draft", action="store_true", help="leave the report in review")
        parser.add_argument(
            "--if-due", action="store_true", help="only when the schedule has a due slot"
        )

    @no_translations  # states are named in the language of the sentences around them
    def run(self, **options: Any) -> None:
        if options["slot"] and options["if_due"]:
            raise CommandError("--slot and --if-due exclude each other")
        slot = self._slot(options)
        if slot is None:
            self.stdout.write("No report is due.")
            return
        trigger = Run.Trigger.SCHEDULE if options["if_due"] else Run.Trigger.COMMAND
        run, created = pipeline.request_run(slot, trigger, draft=options["draft"])
        if created:
            self._finish(run.pk)
        else:
            self.stdout.write(f"The slot {run} is taken: its run is {run.get_state_display()}.")

    def _slot(self, options: dict[str, Any]) -> datetime | None:
        if options["if_due"]:
            self._resume_forgotten()
            return due_slot(clock.now())
        if not options["slot"]:
            return clock.now()
        try:
            return clock.parse(options["slot"])
        except (ValueError, OverflowError):
            raise CommandError(
                f"--slot {options['slot']}: write it as 2026-08-21T08:00:00Z"
            ) from None

    def _resume_forgotten(self) -> None:
        """With cron alone nobody else picks up a run whose process was killed."""
        for run_id in pipeline.sweep():
            self._finish(run_id)

    def _finish(self, run_id: int) -> None:
        done = pipeline.run_to_end(run_id)
        if done.state == Run.State.FAILED:
            raise CommandError(f"The run of {done} failed: {done.error}")
        report = Report.objects.summaries().get(run=done)
        self.stdout.write(f"{report.get_status_display()}: {report.title}")
        self.stdout.write(f"  {report.title_en}")
        self.stdout.write(f"  {report.get_absolute_url()}")
