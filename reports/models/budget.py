"""What language models cost: one row per call, and the sums that the caps are held against.

Tokens and cost of a call are counted from its estimate as soon as it is about to be made, and
corrected when its answer says what it really took.
"""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _


class Budget(models.Model):
    """Sums over calls. `tokens` and `cost` are what counts against a cap: the real usage of the
    answered calls, the estimate of the others.
    """

    calls = models.PositiveIntegerField(_("calls"), default=0)
    tokens = models.PositiveBigIntegerField(_("tokens"), default=0)
    cost = models.DecimalField(_("cost (USD)"), max_digits=14, decimal_places=6, default=Decimal(0))
    prompt_tokens = models.PositiveBigIntegerField(_("prompt tokens"), default=0)
    output_tokens = models.PositiveBigIntegerField(_("output tokens"), default=0)
    thinking_tokens = models.PositiveBigIntegerField(_("thinking tokens"), default=0)

    class Meta:
        abstract = True


class DayBudget(Budget):
    """All calls of one day in Vietnam."""

    day = models.DateField(_("day"), unique=True)

    class Meta:
        verbose_name = _("model costs of a day")
        verbose_name_plural = _("model costs by day")
        ordering = ["-day"]

    def __str__(self) -> str:
        return self.day.isoformat()


class RunBudget(Budget):
    """All calls of one run, over its attempts and writers."""

    run = models.OneToOneField(
        "reports.Run", models.CASCADE, verbose_name=_("run"), related_name="budget"
    )

    class Meta:
        verbose_name = _("model costs of a run")
        verbose_name_plural = _("model costs by run")
        ordering = ["-run__slot"]

    def __str__(self) -> str:
        return str(self.run)


class ModelCall(models.Model):
    """One call to a model, written down before it is made."""

    class State(models.TextChoices):
        OPEN = "open", _("no answer yet")  # for ever, when the process was killed: still counted
        ANSWERED = "answered", _("answered")
        ESTIMATED = "estimated", _("usage unknown, estimated")
        FREE = "free", _("failed, cost nothing")

    run = models.ForeignKey(
        "reports.Run",
        models.CASCADE,
        null=True,  # a dry run belongs to none
        verbose_name=_("run"),
        related_name="calls",
    )
    day = models.DateField(_("day"))
    writer = models.CharField(_("writer"), max_length=40)
    model = models.CharField(_("model"), max_length=120)
    purpose = models.CharField(_("purpose"), max_length=80, blank=True)
    searched = models.BooleanField(_("with web search"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    tokens = models.PositiveBigIntegerField(_("tokens"))
    cost = models.DecimalField(_("cost (USD)"), max_digits=12, decimal_places=6)
    prompt_tokens = models.PositiveBigIntegerField(_("prompt tokens"), default=0)
    output_tokens = models.PositiveBigIntegerField(_("output tokens"), default=0)
    thinking_tokens = models.PositiveBigIntegerField(_("thinking tokens"), default=0)
    asked_at = models.DateTimeField(_("asked"))
    settled_at = models.DateTimeField(_("settled"), null=True)

    class Meta:
        verbose_name = _("model call")
        verbose_name_plural = _("model calls")
        ordering = ["-asked_at", "-pk"]
        indexes = [
            models.Index("asked_at", name="call_asked"),  # the admin's list, and what is pruned
        ]

    def __str__(self) -> str:
        return f"{self.writer} {self.purpose}".strip()
