from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate, post_save
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("Reports")

    def ready(self) -> None:
        from reports import (
            checks,  # noqa: F401 - registers them
            indexing,
        )
        from reports.editors import create_group

        post_migrate.connect(create_group, sender=self)
        post_save.connect(indexing.follow, sender=self.get_model("Report"))
