"""The web process's entry: `granian --interface wsgi marketsite.wsgi:application`."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from marketsite import memory, vitals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketsite.settings")
django = get_wsgi_application()

from marketsite import urls  # noqa: E402, F401 (now, and not while the first readers wait)
from marketsite.edge import edge  # noqa: E402 (reads the settings)

application = edge(django)
vitals.report("web", settings.REDIS_URL)
memory.freeze()
