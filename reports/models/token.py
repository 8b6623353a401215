"""Bearer tokens of the API: what a program may do in its owner's name."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self, now: datetime) -> ApiTokenQuerySet:
        """What still opens anything: not revoked, not expired, its owner still one of the staff."""
        unexpired = models.Q(expires_at=None) | models.Q(expires_at__gt=now)
        return self.filter(unexpired, revoked_at=None, owner__is_active=True, owner__is_staff=True)


class ApiToken(models.Model):
    """The token itself is not here: only its digest. It never may more than its owner."""

    class Scope(models.TextChoices):
        GENERATE = "generate", _("ask for reports, and cancel them")
        PROGRESS = "progress", _("read why a run failed")
        ARTICLES = "articles", _("read and write articles that are not public")
        PUBLISH = "publish", _("publish, change and withdraw public articles")

    name = models.CharField(
        _("name"), max_length=80, help_text=_("Which program uses it, and where.")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=pgettext_lazy("of a token", "owner"),
        related_name="api_tokens",
    )
    scopes = models.JSONField(_("may"), default=list)
    digest = models.CharField(max_length=64, unique=True, editable=False)  # the look-up of a call
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name
