"""One writing of one report: a claim on a slot, and the checkpoints of its steps."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Run(models.Model):
    """A row, not an object in memory: whoever claims it can go on where it stopped."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", _("schedule")
        COMMAND = "command", _("command")
        EDITOR = "editor", _("editor")
        API = "api", _("API")

    slot = models.DateTimeField(_("slot"), unique=True)  # two beats write one report
    public_id = models.UUIDField(_("public number"), default=uuid.uuid4, unique=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    trigger = models.CharField(_("asked by"), max_length=10, choices=Trigger.choices)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("editor"),
        related_name="+",
    )
    token = models.CharField(  # its name: the token may be gone
        _("API token"), max_length=80, blank=True, default="", db_default=""
    )
    draft = models.BooleanField(
        _("for review"), default=False, help_text=_("Leaves the report in review.")
    )
    writer = models.CharField(
        _("writer"), max_length=40, blank=True, help_text=_("Empty: as the settings list them.")
    )
    notes = models.JSONField(_("notes"), default=list)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    owner = models.CharField(_("owner"), max_length=80, blank=True)
    heartbeat = models.DateTimeField(_("last sign of life"))
    error = models.TextField(_("reason"), blank=True)
    created_at = models.DateTimeField(_("created"))
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    report = models.OneToOneField(
        "reports.Report", models.SET_NULL, null=True, verbose_name=_("report"), related_name="run"
    )

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-slot"]
        indexes = [
            # the sweeper: unfinished runs by their last sign of life
            models.Index(
                "heartbeat",
                name="run_unfinished",
                condition=models.Q(state__in=["waiting", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slot:%Y-%m-%d %H:%M}Z"

    @property
    def is_finished(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}


class Step(models.Model):
    """The output of one part of a step, mostly one model call: what a later claim need not redo.

    The step is done when its `final` part is.
    """

    run = models.ForeignKey(
        Run, models.CASCADE, related_name="steps", verbose_name=_("run"), db_index=False
    )
    name = models.CharField(_("step"), max_length=30)
    part = models.PositiveSmallIntegerField(_("part"), default=0)
    final = models.BooleanField(_("ends the step"), default=True)
    input_hash = models.CharField(_("input"), max_length=64)
    output = models.JSONField(_("output"))
    usage = models.JSONField(_("usage"), default=dict)
    seconds = models.FloatField(_("seconds"))
    attempt = models.PositiveSmallIntegerField(_("attempt"))
    finished_at = models.DateTimeField(_("finished"))

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["finished_at", "pk"]
        constraints = [
            # one checkpoint per piece of work
            models.UniqueConstraint(fields=["run", "name", "part"], name="step_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.part}" if self.part else self.name
