from __future__ import annotations

from django.urls import path

from reports.views import archive, pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("reports/", archive.report_list, name="report-list"),
    path("reports/<slug:slug>/", pages.report_detail, name="report-detail"),
]
