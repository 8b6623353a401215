"""All addresses: Vietnamese at /, English at /en/, programs below /api/."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path

from marketsite import api, health, metrics
from reports.views import feeds, redirects, sitemaps

admin.autodiscover()  # here, so that only the web process holds the admin's classes

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("health", health.healthz),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("api/v1/", api.api.urls),
    path("robots.txt", feeds.robots, name="robots"),
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-<slug:name>.xml", sitemaps.part, name="sitemap-part"),
    # the replaced system's
    re_path(r"^crypto_report/?$", redirects.moved, {"to": "home"}),
    re_path(r"^crypto_report/(?P<number>[0-9]{1,18})/?$", redirects.moved_report),
    re_path(r"^crypto_reports_list/?$", redirects.moved, {"to": "report-list"}),
    re_path(r"^rss/?$", redirects.moved, {"to": "feed-rss"}),
    *i18n_patterns(
        path("api/v1/docs", api.docs, name="api-docs"),
        path("", include("reports.urls")),
        path("", include("market.urls")),
        path("admin/", admin.site.urls),
        prefix_default_language=False,
    ),
]
