"""A bilingual market report: what readers see, and what proves it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from marketsite.language import page_language

LARGE_FIELDS = (
    "html_content",
    "html_content_en",
    "css_content",
    "js_content",
    "js_content_en",
    "document",
    "document_en",
    "facts",
)

# What lists for readers and programs tell of a report
LISTED_FIELDS = (
    "slug",
    "status",
    "title",
    "title_en",
    "summary",
    "summary_en",
    "symbol",
    "report_type",
    "edition",
    "is_note",
    "simulated",
    "data_as_of",
    "published_at",
    "updated_at",
)

# What no run wrote: editors' reports, and the old system's articles (its reports have a number).
ARTICLES = models.Q(origin="editor") | models.Q(origin="imported", legacy_id=None)


class ReportQuerySet(models.QuerySet["Report"]):
    def published(self) -> ReportQuerySet:
        """What the public may see, newest first."""
        return self.filter(status=Report.Status.PUBLISHED).order_by("-published_at", "-pk")

    def summaries(self) -> ReportQuerySet:
        """Rows for lists: without the large text columns."""
        return self.defer(*LARGE_FIELDS)

    def listed(self) -> ReportQuerySet:
        """Rows for public lists: nothing but what they tell, as proofs and sources add up too."""
        return self.only(*LISTED_FIELDS)

    def fitting(self, column: str, most: int) -> list[int]:
        """The keys of the first of them, as many as hold `most` bytes in that column together; of
        one in any case. PostgreSQL knows a text's size without reading it.
        """
        size = models.Func(column, function="octet_length", output_field=models.IntegerField())
        left, fitting = most, list[int]()
        for pk, taken in self.annotate(size=size).values_list("pk", "size"):
            left -= taken
            if fitting and left < 0:
                break
            fitting.append(pk)
        return fitting


class Report(models.Model):
    """Text fields come in pairs: Vietnamese, and English under the name with `_en`."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        REVIEW = "review", _("in review")
        SCHEDULED = "scheduled", _("scheduled")
        PUBLISHED = "published", _("published")
        ARCHIVED = "archived", _("withdrawn")

    class Origin(models.TextChoices):
        WRITER = "writer", _("written by a run")
        EDITOR = "editor", _("written by an editor")
        IMPORTED = "imported", _("imported")

    class Edition(models.TextChoices):
        MORNING = "morning", _("Morning report")
        NOON = "noon", _("Midday report")
        AFTERNOON = "afternoon", _("Closing report")
        EVENING = "evening", _("Evening report")

    slug = models.SlugField(_("address"), max_length=120, unique=True)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.DRAFT
    )
    title = models.CharField(_("title (Vietnamese)"), max_length=200)
    title_en = models.CharField(_("title (English)"), max_length=200, blank=True)
    summary = models.TextField(_("summary (Vietnamese)"), max_length=1000, blank=True)
    summary_en = models.TextField(_("summary (English)"), max_length=1000, blank=True)

    html_content = models.TextField(_("article (Vietnamese)"), blank=True)
    html_content_en = models.TextField(_("article (English)"), blank=True)
    css_content = models.TextField(blank=True)
    js_content = models.TextField(blank=True)
    js_content_en = models.TextField(blank=True)
    document = models.JSONField(_("document (Vietnamese)"), null=True)
    document_en = models.JSONField(_("document (English)"), null=True)
    facts = models.JSONField(_("facts"), null=True)
    verification = models.JSONField(_("verification"), default=dict)
    sources = models.JSONField(_("sources"), default=list)
    research = models.JSONField(_("research"), default=list)
    prompts = models.JSONField(_("versions of the prompts"), default=dict)
    notices = models.JSONField(_("notices"), default=list)

    symbol = models.CharField(_("symbol"), max_length=10, blank=True)
    report_type = models.CharField(_("type"), max_length=50, default="market")
    edition = models.CharField(
        _("edition"), max_length=10, choices=Edition.choices, default=Edition.AFTERNOON
    )
    origin = models.CharField(
        _("origin"), max_length=10, choices=Origin.choices, default=Origin.WRITER
    )
    writer = models.CharField(_("writer"), max_length=40, blank=True)
    simulated = models.BooleanField(_("simulated numbers"), default=False)
    is_note = models.BooleanField(_("short note"), default=False)
    supersedes = models.OneToOneField(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("takes the place of"),
        related_name="superseded_by",
    )
    translation_pending = models.BooleanField(_("English still to come"), default=False)
    data_as_of = models.DateTimeField(_("data time"), null=True)
    legacy_id = models.BigIntegerField(_("number in the old system"), null=True, unique=True)

    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("reviewed by"),
        related_name="+",
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-created_at"]
        permissions = [("publish_report", "Can publish and withdraw reports")]
        indexes = [
            # the archive by its pages, a report's neighbours, and the newest published report
            models.Index(
                "status",
                models.F("published_at").desc(),
                models.F("id").desc(),
                name="report_archive",
            ),
            # the articles of the API
            models.Index(
                models.F("created_at").desc(),
                models.F("id").desc(),
                condition=ARTICLES,
                name="report_articles",
            ),
            # the archive of one symbol
            models.Index(
                "symbol",
                models.F("published_at").desc(),
                models.F("id").desc(),
                condition=models.Q(status="published"),
                name="report_by_symbol",
            ),
            # the archive of one type
            models.Index(
                "report_type",
                models.F("published_at").desc(),
                models.F("id").desc(),
                condition=models.Q(status="published"),
                name="report_by_type",
            ),
            models.Index(models.F("created_at").desc(), name="report_newest"),  # the admin's list
            # the sitemap's parts, counted from the index alone; the newest reports of the feeds
            models.Index(
                fields=["published_at"],
                include=["updated_at"],
                condition=models.Q(status="published", is_note=False),
                name="report_mapped",
            ),
        ]
        constraints = [
            # a public report has the time that it is sorted and dated by
            models.CheckConstraint(
                condition=~models.Q(status="published") | models.Q(published_at__isnull=False),
                name="report_published_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("report-detail", args=[self.slug])

    @property
    def headline(self) -> str:
        return self.title_en if _english() and self.title_en else self.title

    @property
    def standfirst(self) -> str:
        return self.summary_en if _english() and self.summary_en else self.summary

    @property
    def headline_lang(self) -> str:
        """The language that `headline` is in; on English pages what lacks English is Vietnamese."""
        return "en" if _english() and self.title_en else "vi"

    @property
    def standfirst_lang(self) -> str:
        return "en" if _english() and self.summary_en else "vi"

    @property
    def is_public(self) -> bool:
        return self.status == self.Status.PUBLISHED

    def localised_document(self) -> dict[str, Any] | None:
        document = self.document_en if _english() and self.document_en else self.document
        return document if isinstance(document, dict) else None

    def localised_html(self) -> str:
        return self.html_content_en if _english() and self.html_content_en else self.html_content


def _english() -> bool:
    return page_language() == "en"
