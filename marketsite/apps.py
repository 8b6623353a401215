from __future__ import annotations

from django.contrib.admin.apps import SimpleAdminConfig


class AdminConfig(SimpleAdminConfig):
    """The admin with our own first page. Only the web process registers models: see urls.py."""

    default_site = "marketsite.admin.AdminSite"
