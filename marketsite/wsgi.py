"""The web process's entry: `granian --interface wsgi marketsite.wsgi:application`."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from marketsite import lean, memory, vitals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketsite.settings")
with lean.unopened("django.test"):  # of which ninja wants a signal; the rest is 2 MB
    django = get_wsgi_application()

    from marketsite import urls  # noqa: F401 (now, and not while the first readers wait)

from marketsite.edge import edge

application = edge(django)
vitals.report("web", settings.REDIS_URL)
memory.freeze()
