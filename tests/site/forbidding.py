"""Addresses with one that nobody may open."""

from __future__ import annotations

from typing import NoReturn

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import path

from marketsite.urls import urlpatterns as site


def forbidden(_request: HttpRequest) -> NoReturn:
    raise PermissionDenied


urlpatterns = [path("forbidden/", forbidden), *site]
