"""The web process's entry: `granian --interface wsgi marketsite.wsgi:application`."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketsite.settings")
django = get_wsgi_application()

from marketsite.edge import edge  # noqa: E402 (reads the settings)

application = edge(django)
