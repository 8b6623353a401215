"""The pictures that other sites show beside a link to a report."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from reports.models.report import Report


class ReportCard(models.Model):
    """A finished PNG, and what it was drawn from: it is drawn anew when that changes."""

    report = models.ForeignKey(
        Report,
        models.CASCADE,
        db_index=False,  # the constraint's index begins with it
        verbose_name=_("report"),
        related_name="cards",
    )
    language = models.CharField(_("language"), max_length=2)
    title = models.CharField(_("title"), max_length=200)
    design = models.PositiveSmallIntegerField(_("version of the drawing"))
    etag = models.CharField(_("hash of the picture"), max_length=64)
    png = models.BinaryField(_("picture"))

    class Meta:
        verbose_name = _("report card")
        verbose_name_plural = _("report cards")
        constraints = [
            # one picture for each page; serves the look-up by report too
            models.UniqueConstraint(fields=["report", "language"], name="report_card_once"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.language}"
