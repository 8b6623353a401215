from __future__ import annotations

from django.urls import path
from django.http import HttpResponse
urlpatterns = [path("reports/<slug:slug>/", lambda r: HttpResponse(), name="report-detail")]
