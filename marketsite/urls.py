"""All addresses: Vietnamese at /, English at /en/, programs below /api/."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from marketsite import api, health, metrics

admin.autodiscover()  # here, so that only the web process holds the admin's classes

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("health", health.healthz),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("api/v1/", api.api.urls),
    *i18n_patterns(
        path("api/v1/docs", api.docs, name="api-docs"),
        path("", include("reports.urls")),
        path("", include("market.urls")),
        path("admin/", admin.site.urls),
        prefix_default_language=False,
    ),
]
