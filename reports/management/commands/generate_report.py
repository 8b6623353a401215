from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser, no_translations
from django.db import transaction

from marketsite import clock
from marketsite.management import JobCommand
from reports.management.terminal import Watch
from reports.models import Report, Run
from reports.writing import requests, sweeping
from reports.writing.runs import request_run, slot_of
from reports.writing.schedule import due_slot
from reports.writing.writer_states import is_configured
from reports.writing.writers import WRITERS

FAILED, USAGE, TAKEN = 1, 2, 3


class Command(JobCommand):
    help = (
        "Write the report of one slot and publish it. Exit codes: 0 written, or nothing is due;"
        " 1 the run failed or was cancelled; 2 the arguments make no sense; 3 the slot is taken:"
        " its report is there, or somebody else is writing it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--slot", help="the slot, as 2026-08-21T08:00:00Z; default: this minute")
        which.add_argument(
            "--if-due", action="store_true", help="only when the schedule has a due slot"
        )
        which.add_argument(
            "--resume",
            metavar="RUN",
            help="go on with a run that failed, was cancelled or stopped: its session_id, slot or"
            " number; finished parts are not repeated",
        )
        parser.add_argument("--draft", action="store_true", help="leave the report in review")
        parser.add_argument(
            "--writer", choices=sorted(WRITERS), help="this writer, not those of REPORT_WRITERS"
        )

    @no_translations  # states are named in the language of the sentences around them
    def run(self, **options: Any) -> None:
        writer = options["writer"]
        if writer and not is_configured(writer):
            raise CommandError(f"--writer {writer}: it has no key", returncode=USAGE)
        if options["resume"]:
            run = self._resumed(options)
        elif options["if_due"]:
            self._resume_forgotten()
            slot = due_slot(clock.now())
            if slot is None:
                self.stdout.write("No report is due.")
                return
            run = self._requested(slot, Run.Trigger.SCHEDULE, options)
        else:
            run = self._requested(self._slot(options["slot"]), Run.Trigger.COMMAND, options)
        self._finish(run)

    def _slot(self, text: str | None) -> datetime:
        if not text:
            return clock.now()
        try:
            slot = clock.parse(text)
        except (ValueError, OverflowError):
            raise CommandError(
                f"--slot {text}: write it as 2026-08-21T08:00:00Z", returncode=USAGE
            ) from None
        if slot > clock.now():
            raise CommandError(f"--slot {text}: lies in the future", returncode=USAGE)
        return slot

    def _requested(self, slot: datetime, trigger: Run.Trigger, options: dict[str, Any]) -> Run:
        """The run of a slot that nobody had taken; ends the command for one that is."""
        with transaction.atomic():
            run, created = request_run(slot, trigger, draft=options["draft"])
            if created:
                _choose(run, options["writer"])
                return run
        self.stdout.write(f"The slot {run} is taken: its run is {run.get_state_display()}.")
        raise SystemExit(TAKEN)

    def _resumed(self, options: dict[str, Any]) -> Run:
        if options["draft"]:
            raise CommandError("--resume takes no --draft: a run keeps its own", returncode=USAGE)
        run = find_run(options["resume"])
        if run is None:
            raise CommandError(f"--resume {options['resume']}: no such run", returncode=USAGE)
        with transaction.atomic():
            if requests.resume(run):
                _choose(run, options["writer"])
                return run
        self.stdout.write(f"The run of {run} is {run.get_state_display()}: nothing to resume.")
        raise SystemExit(TAKEN)

    def _resume_forgotten(self) -> None:
        """With cron alone nobody else picks up a run whose process was killed."""
        for run_id in sweeping.sweep():
            self._finish(Run.objects.get(pk=run_id))

    def _finish(self, run: Run) -> None:
        from reports.writing import pipeline  # `--if-due` mostly finds nothing to do

        with Watch(run.pk, self.stdout):
            done = pipeline.run_to_end(run.pk)
        if done.state == Run.State.CANCELLED:
            raise CommandError(f"The run of {done} was cancelled.", returncode=FAILED)
        if done.state == Run.State.FAILED:
            raise CommandError(f"The run of {done} failed: {done.error}", returncode=FAILED)
        report = Report.objects.summaries().select_related("supersedes").filter(run=done).first()
        if report is None:
            self.stdout.write("Nothing is new since the last report: none was written.")
            return
        self.stdout.write(f"{report.get_status_display()}: {report.title}")
        self.stdout.write(f"  {report.title_en}")
        self.stdout.write(f"  {report.get_absolute_url()}")
        for notice in report.notices:
            self.stdout.write(f"  {notice}")
        if report.supersedes:
            self.stdout.write(f"  public in its place: {report.supersedes.get_absolute_url()}")


def find_run(text: str) -> Run | None:
    """The run of a session_id, of a slot, or of its number in the admin."""
    if text.isascii() and text.isdigit() and len(text) < 19:
        return Run.objects.filter(pk=int(text)).first()
    try:
        return Run.objects.filter(public_id=uuid.UUID(text)).first()
    except ValueError:
        pass
    try:
        return Run.objects.filter(slot=slot_of(clock.parse(text))).first()
    except (ValueError, OverflowError):
        return None


def _choose(run: Run, writer: str | None) -> None:
    if writer:
        Run.objects.filter(pk=run.pk).update(writer=writer)
