"""The site with Django's own cache framework in the place of the edge, for bench/pages.py."""

from __future__ import annotations

from marketsite import settings

globals().update({name: getattr(settings, name) for name in dir(settings) if name.isupper()})
MIDDLEWARE = [
    "django.middleware.cache.UpdateCacheMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    *settings.MIDDLEWARE,
    "django.middleware.cache.FetchFromCacheMiddleware",
]
CACHES = {
    **settings.CACHES,
    "pages": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
CACHE_MIDDLEWARE_ALIAS = "pages"
