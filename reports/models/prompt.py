"""The prompts as the admin's users changed them. A version, once written, is never altered."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

LONGEST_PROMPT = 20_000


def version_label(number: int) -> str:
    """How runs and reports name a version: `v12`."""
    return f"v{number}"


class PromptVersion(models.Model):
    """One text of one prompt. Without an active version the file in `writing/prompts` counts."""

    class Name(models.TextChoices):
        SYSTEM = "system", _("all sections: role and rules")
        HEADLINE = "headline", _("title and standfirst")
        WHAT_HAPPENED = "what-happened", _("section: what happened")
        INDICES = "indices", _("section: the indices")
        TREND = "trend", _("section: trend and levels")
        CRYPTO = "crypto", _("section: crypto")
        NEWS = "news", _("section: news")
        SCENARIOS = "scenarios", _("section: scenarios")
        CORRECT = "correct", _("correction of a faulty answer")
        TRANSLATE = "translate", _("translation into English")
        SEARCH = "search", _("web search")

    name = models.CharField(_("prompt"), max_length=20, choices=Name.choices)
    text = models.TextField(_("text"), max_length=LONGEST_PROMPT)
    active = models.BooleanField(_("in force"), default=False)
    comment = models.CharField(_("comment"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("created by"),
        related_name="+",
    )

    class Meta:
        verbose_name = _("prompt version")
        verbose_name_plural = _("prompts")
        ordering = ["-created_at", "-pk"]
        permissions = [("try_prompt", "Can ask a model with a prompt, at the site's cost")]
        constraints = [
            # at most one text of a prompt is in force; also what a run looks the prompts up by
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(active=True), name="prompt_one_in_force"
            ),
        ]
        indexes = [
            # a prompt's history, newest first
            models.Index("name", models.F("created_at").desc(), name="prompt_history"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.label}"

    @property
    def label(self) -> str:
        return version_label(self.pk)
