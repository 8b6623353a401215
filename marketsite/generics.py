"""Importing this lets Django's classes be written with their types, as `ModelAdmin[Report]`.

In the admin alone: the patch imports forms and the admin, which no other process needs.
"""

from __future__ import annotations

import django_stubs_ext

django_stubs_ext.monkeypatch()
