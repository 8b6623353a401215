"""What a new site needs before its first reader: tables, an administrator, numbers, a report."""

from __future__ import annotations

import os
import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError

from market.history import backfill
from market.models import Bar, Quote
from market.refresh import refresh_indices
from marketsite import clock
from marketsite.management import JobCommand
from reports.models import Report, Run
from reports.writing import pipeline

ADMIN_NAME = "admin"


class Command(JobCommand):
    help = (
        "Create the tables, an administrator (ADMIN_PASSWORD, else a random one, printed once), "
        "and, where there are none yet, the first numbers and the first report."
    )

    def run(self, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        self._administrator()
        if not Quote.objects.exists():
            self._numbers()
        if not Report.objects.exists():
            self._report()

    def _administrator(self) -> None:
        users = get_user_model()
        if users.objects.filter(is_superuser=True).exists():
            return
        given = os.environ.get("ADMIN_PASSWORD", "")
        password = given or secrets.token_urlsafe(12)
        users.objects.create_superuser(ADMIN_NAME, password=password)
        shown = "the one in ADMIN_PASSWORD" if given else f"{password} (shown only now)"
        self.stdout.write(f"Administrator: {ADMIN_NAME}, password: {shown}")

    def _numbers(self) -> None:
        self.stdout.write("Fetching the indices and a year of day bars ...")
        refreshed = refresh_indices()
        for failure in refreshed.failures:
            self.stderr.write(f"{failure.source} {failure.code}".strip() + f": {failure.reason}")
        if not Bar.objects.exists():
            backfill()
        if refreshed.snapshot["simulated"]:
            self.stdout.write(
                "No market source could be reached: the site shows simulated numbers, marked as "
                "such, until one answers."
            )

    def _report(self) -> None:
        if not Quote.objects.exists():
            self.stdout.write("No numbers yet, so no report: the schedule will write the first.")
            return
        self.stdout.write("Writing the first report ...")
        run, _ = pipeline.request_run(clock.now(), Run.Trigger.COMMAND)
        done = pipeline.run_to_end(run.pk)
        if done.report is None:
            raise CommandError(f"The first report failed: {done.error}")
        self.stdout.write(f"First report: {done.report.title}")
