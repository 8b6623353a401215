"""Indices, their quotes and day bars, and the exchange's holidays."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from market.sessions import CLOSURES, Calendar
from market.sources import BAR_SOURCES, PRICE_SOURCES, QUOTE_SOURCES

INDEX_SOURCES = {*QUOTE_SOURCES, *PRICE_SOURCES, *BAR_SOURCES}


def validate_vendor_codes(value: object) -> None:
    """Refuse anything but an object of texts whose keys are sources of index numbers."""
    if not isinstance(value, dict) or not all(
        isinstance(name, str) and 0 < len(name) <= 40 for name in value.values()
    ):
        raise ValidationError(_("Write one name for each source."))
    unknown = sorted(set(value) - INDEX_SOURCES)
    if unknown:
        raise ValidationError(
            _("No such source: %(unknown)s. Known: %(known)s."),
            params={"unknown": ", ".join(unknown), "known": ", ".join(sorted(INDEX_SOURCES))},
        )


class IndexQuerySet(models.QuerySet["Index"]):
    def followed(self, name: str) -> Index | None:
        """The active index of a code or key, in whatever case."""
        if "\0" in name:  # PostgreSQL refuses to compare with it
            return None
        named = models.Q(key=name.lower()) | models.Q(code=name.upper())
        return self.filter(named, active=True).first()


class Index(models.Model):
    """One market index that the site follows."""

    class Exchange(models.TextChoices):
        HOSE = "HOSE", "HoSE"
        HNX = "HNX", "HNX"
        UPCOM = "UPCOM", "UPCoM"

    code = models.CharField(_("code"), max_length=20, unique=True)
    key = models.SlugField(
        _("key"), max_length=20, unique=True, help_text=_("Its name in the snapshot.")
    )
    name = models.CharField(_("name"), max_length=40)
    exchange = models.CharField(_("exchange"), max_length=10, choices=Exchange.choices)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    vendor_codes = models.JSONField(
        _("names at the sources"),
        default=dict,
        blank=True,
        validators=[validate_vendor_codes],
        help_text=_('By source, as {"vietcap": "VN100"}. A source without a name is not asked.'),
    )
    active = models.BooleanField(_("active"), default=True)

    objects = IndexQuerySet.as_manager()

    class Meta:
        verbose_name = _("index")
        verbose_name_plural = _("indices")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name


class QuoteQuerySet(models.QuerySet["Quote"]):
    def real(self) -> QuoteQuerySet:
        return self.filter(simulated=False)

    def latest_per_index(self) -> QuoteQuerySet:
        """The newest of these quotes of each index, its index with it; one index look-up each."""
        newest = self.filter(index=models.OuterRef("pk")).order_by("-as_of").values("pk")[:1]
        found = Index.objects.order_by().values(newest=models.Subquery(newest))
        return Quote.objects.filter(pk__in=found).select_related("index")


class Quote(models.Model):
    """What a source said about an index at one moment. Points, shares and VND."""

    class Agreement(models.TextChoices):
        SINGLE = "single", _("one source")
        CONFIRMED = "confirmed", _("sources agree")
        DISPUTED = "disputed", _("sources differ")

    index = models.ForeignKey(
        Index, models.PROTECT, related_name="quotes", verbose_name=_("index"), db_index=False
    )
    as_of = models.DateTimeField(_("as of"))
    price = models.DecimalField(_("price"), max_digits=14, decimal_places=4)
    previous_close = models.DecimalField(_("previous close"), max_digits=14, decimal_places=4)
    open = models.DecimalField(_("open"), max_digits=14, decimal_places=4, null=True)
    high = models.DecimalField(_("high"), max_digits=14, decimal_places=4, null=True)
    low = models.DecimalField(_("low"), max_digits=14, decimal_places=4, null=True)
    volume = models.BigIntegerField(_("volume (shares)"), null=True)
    value = models.BigIntegerField(_("value (VND)"), null=True)
    advances = models.PositiveIntegerField(_("advances"), null=True)
    declines = models.PositiveIntegerField(_("declines"), null=True)
    unchanged = models.PositiveIntegerField(_("unchanged"), null=True)
    ceilings = models.PositiveIntegerField(_("at the ceiling"), null=True)
    floors = models.PositiveIntegerField(_("at the floor"), null=True)
    agreement = models.CharField(
        _("agreement"), max_length=10, choices=Agreement.choices, default=Agreement.SINGLE
    )
    second_price = models.DecimalField(
        _("price at the second source"), max_digits=14, decimal_places=4, null=True
    )
    second_source = models.CharField(_("second source"), max_length=30, blank=True)
    simulated = models.BooleanField(_("simulated"), default=False)
    source = models.CharField(_("source"), max_length=30)
    fetched_at = models.DateTimeField(_("fetched at"))

    objects = QuoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        ordering = ["-as_of"]
        constraints = [
            # one row per reading: an unchanged quote adds nothing; serves "newest per index"
            models.UniqueConstraint("index", models.F("as_of").desc(), name="quote_once"),
            models.CheckConstraint(condition=models.Q(price__gt=0), name="quote_price_positive"),
        ]
        indexes = [
            # Pruning by age. Rows arrive in the order of time, so that a range index does; a B-tree
            # would tempt the planner to walk it for "newest of an index", through years when that
            # index has no quote.
            BrinIndex("as_of", name="quote_age", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.index_id} {self.price} @ {self.as_of:%Y-%m-%d %H:%M}Z"


class Bar(models.Model):
    """One trading day of an index. Points and shares; `day` is the date in Vietnam."""

    index = models.ForeignKey(
        Index, models.PROTECT, related_name="bars", verbose_name=_("index"), db_index=False
    )
    day = models.DateField(_("day"))
    open = models.DecimalField(_("open"), max_digits=14, decimal_places=4)
    high = models.DecimalField(_("high"), max_digits=14, decimal_places=4)
    low = models.DecimalField(_("low"), max_digits=14, decimal_places=4)
    close = models.DecimalField(_("close"), max_digits=14, decimal_places=4)
    volume = models.BigIntegerField(_("volume (shares)"), null=True)
    simulated = models.BooleanField(_("simulated"), default=False)
    source = models.CharField(_("source"), max_length=30)

    class Meta:
        verbose_name = _("day bar")
        verbose_name_plural = _("day bars")
        ordering = ["-day"]
        constraints = [
            # a day has one bar; serves "the last N bars of an index"
            models.UniqueConstraint("index", models.F("day").desc(), name="bar_once"),
            models.CheckConstraint(condition=models.Q(low__gt=0), name="bar_low_positive"),
            models.CheckConstraint(
                condition=models.Q(high__gte=models.F("low")), name="bar_high_above_low"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.index_id} {self.day} {self.close}"


class Closure(models.Model):
    """An editor's correction of the built-in table of exchange holidays."""

    day = models.DateField(_("day"), unique=True)
    closed = models.BooleanField(
        _("closed"), default=True, help_text=_("Off: the exchange trades on this day after all.")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        verbose_name=_("changed by"),
        related_name="+",
    )

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day} {'closed' if self.closed else 'open'}"


class RejectedQuote(models.Model):
    """A quote that was not believed, and why: kept for a while for whoever looks into a source."""

    source = models.CharField(_("source"), max_length=30)
    code = models.CharField(_("code"), max_length=20)
    reason = models.CharField(_("reason"), max_length=300)
    excerpt = models.CharField(_("what it said"), max_length=300, blank=True)
    rejected_at = models.DateTimeField(_("rejected"))

    class Meta:
        verbose_name = _("rejected quote")
        verbose_name_plural = _("rejected quotes")
        ordering = ["-rejected_at", "-pk"]
        indexes = [
            models.Index("rejected_at", name="rejected_age"),  # the admin's list, pruning by age
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.code} @ {self.rejected_at:%Y-%m-%d %H:%M}Z"


class Overview(models.Model):
    """The crypto overview as one refresh made it: the document that Redis holds."""

    fetched_at = models.DateTimeField(_("fetched at"))
    data = models.JSONField(_("figures"))
    simulated = models.BooleanField(_("simulated"), default=False)

    class Meta:
        verbose_name = _("crypto overview")
        verbose_name_plural = _("crypto overviews")
        ordering = ["-fetched_at"]
        indexes = [
            models.Index(models.F("fetched_at").desc(), name="overview_newest"),  # and pruning
        ]

    def __str__(self) -> str:
        return f"{self.fetched_at:%Y-%m-%d %H:%M}Z"


def load_calendar() -> Calendar:
    """The built-in closures with the editors' corrections."""
    rows: list[tuple[date, bool]] = list(Closure.objects.values_list("day", "closed"))
    return Calendar(
        closures=CLOSURES | {day for day, closed in rows if closed},
        openings=frozenset(day for day, closed in rows if not closed),
    )
