"""What an import brought, as it came: kept for the original view, read by nothing else."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from reports.models.report import Report


class OriginalReport(models.Model):
    """One row of the old system, untouched. Only NUL, which PostgreSQL cannot hold, is now U+FFFD.

    It stands in a table of its own, so that no list or page of reports ever loads it.
    """

    class Table(models.TextChoices):
        CRYPTO_REPORT = "crypto_report"
        ARTICLES = "articles"

    report = models.OneToOneField(
        Report, models.CASCADE, primary_key=True, related_name="original", verbose_name=_("report")
    )
    source = models.CharField(max_length=80)
    table = models.CharField(max_length=20, choices=Table.choices)
    number = models.BigIntegerField()
    html = models.TextField()
    html_en = models.TextField(blank=True)
    css = models.TextField(blank=True)
    js = models.TextField(blank=True)
    js_en = models.TextField(blank=True)
    row = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    imported_at = models.DateTimeField()

    class Meta:
        verbose_name = _("original report")
        verbose_name_plural = _("original reports")
        constraints = [
            # an import that runs again finds what it has brought already
            models.UniqueConstraint(fields=["source", "table", "number"], name="original_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.table} {self.number}"
