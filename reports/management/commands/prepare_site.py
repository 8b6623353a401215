"""What a new site needs before its first reader: tables, an administrator, numbers, a report."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils.translation import override

from market.history import backfill
from market.models import Bar, Overview, Quote
from market.overview import refresh_overview
from market.refresh import refresh_indices
from marketsite import clock
from marketsite.environment import BadSetting, Environment
from marketsite.management import JobCommand
from reports.models import Report, Run
from reports.writing import pipeline
from reports.writing.runs import request_run

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
        if not Overview.objects.exists():
            self._overview()
        if not Bar.objects.exists():
            self._bars()
        if not Report.objects.exists():
            self._report()

    def _administrator(self) -> None:
        users = get_user_model()
        if users.objects.filter(is_superuser=True).exists():
            return
        if users.objects.filter(username=ADMIN_NAME).exists():
            self.stdout.write("No administrator: `manage.py createsuperuser` makes one.")
            return
        given = Environment().secret("ADMIN_PASSWORD", "")
        password = given or secrets.token_urlsafe(12)
        _refuse_weak(password)
        users.objects.create_superuser(ADMIN_NAME, password=password)
        shown = "the one in ADMIN_PASSWORD" if given else f"{password} (shown only now)"
        self.stdout.write(f"Administrator: {ADMIN_NAME}, password: {shown}")

    def _numbers(self) -> None:
        self.stdout.write("Fetching the indices ...")
        refreshed = refresh_indices()
        if refreshed.snapshot["simulated"]:
            self.stdout.write(
                "No market source could be reached: the site shows simulated numbers, marked as "
                "such, until one answers."
            )

    def _overview(self) -> None:
        self.stdout.write("Fetching the crypto overview ...")
        refresh_overview()

    def _bars(self) -> None:
        self.stdout.write("Fetching a year of day bars ...")
        loaded = backfill()
        kind = " simulated" if loaded.simulated else ""
        self.stdout.write(f"{sum(loaded.bars.values())}{kind} day bars stored")

    def _report(self) -> None:
        """A report that fails does not keep the site from starting: its run says why."""
        if not Quote.objects.exists():
            self.stdout.write("No numbers yet, so no report: the schedule will write the first.")
            return
        self.stdout.write("Writing the first report ...")
        run, _ = request_run(clock.now(), Run.Trigger.COMMAND)
        done = pipeline.run_to_end(run.pk)
        if done.state == Run.State.FAILED:
            self.stderr.write(f"The first report failed: {done.error}")
            return
        report = Report.objects.summaries().get(run=done)
        self.stdout.write(f"First report: {report.title}")


def _refuse_weak(password: str) -> None:
    with override("en"):
        try:
            validate_password(password, get_user_model()(username=ADMIN_NAME))
        except ValidationError as error:
            raise BadSetting("ADMIN_PASSWORD", " ".join(error.messages)) from None
