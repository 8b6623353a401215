"""Settings of the site. Every value that an operator may change comes from the environment.

The README's table lists the variables; `.env` beside manage.py, or the file that `ENV_FILE` names,
is read when it exists.
"""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from market.sources import (
    BAR_SOURCES,
    CLOSE_SOURCES,
    COIN_SOURCES,
    DEFAULT_BASE_URLS,
    GLOBAL_SOURCES,
    KEYED_SOURCES,
    PRICE_SOURCES,
    QUOTE_SOURCES,
    SENTIMENT_SOURCES,
)
from marketsite import clock
from marketsite.daily import Daily
from marketsite.environment import BASE_DIR, BadSetting, Environment
from marketsite.logs import log_settings
from marketsite.redis import cache_settings
from reports.writing.costs import MODEL_SECTIONS, calls_cap, parse_prices
from reports.writing.feeds import DEFAULT_FEEDS
from reports.writing.writers import WRITERS

env = Environment()

# The site
DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY")
if len(SECRET_KEY) < 32 or len(set(SECRET_KEY)) < 12:
    raise BadSetting("SECRET_KEY", "must be random and have at least 32 characters")
SITE_URL = env.address("SITE_URL", "http://localhost:8000", path=False)
_site = urlsplit(SITE_URL)
_host = _site.netloc.removesuffix(f":{_site.port}")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", f"{_host},localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [f"{_site.scheme}://{_site.netloc}"]
ROOT_URLCONF = "marketsite.urls"
WSGI_APPLICATION = "marketsite.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "marketsite.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "market",
    "reports",
]
MIDDLEWARE = [
    "marketsite.policy.add_headers",
    "csp.middleware.CSPMiddleware",  # so early that static files and redirects carry the header
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "marketsite.compression.TextGZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "marketsite.language.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "marketsite.api.answer_head",
    "marketsite.api.json_errors",
]
TEMPLATES = [
    {
        "BACKEND": "marketsite.templating.Templates",
        "NAME": "django",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "market.context.site",
            ],
        },
    },
]

# Languages and times: Vietnamese at /, English at /en/; UTC inside, Vietnam's time on pages
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = ["marketsite.formats"]
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
try:
    clock.now()
except ValueError:
    raise BadSetting(clock.VARIABLE, "must be a moment such as 2026-08-21T08:00:00Z") from None

# Static files
STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Security. The HTTPS switches follow the scheme that readers use.
HTTPS = _site.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=HTTPS)
SECURE_REDIRECT_EXEMPT = [r"^healthz?$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if env.flag("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_ENGINE = "marketsite.sessions"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["default"],
    }
}
# No page takes files: what a stranger uploads must not land on the disk.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# PostgreSQL. Every socket has a time-out, and no statement runs for ever.
_database = env.database("DATABASE_URL")
_direct = env.database("DATABASE_DIRECT_URL", "DATABASE_URL")
_is_pooled = _direct != _database
_usual_options = {
    "connect_timeout": "5",
    "keepalives_idle": "30",
    "tcp_user_timeout": "15000",
    "application_name": "marketsite",
}
_statement_seconds = env.whole("DATABASE_TIMEOUT_SECONDS", 30, 1, 86_400)
_statement_timeout = f"-c statement_timeout={_statement_seconds * 1000}"
_direct["OPTIONS"] = {
    **_usual_options,
    **_direct["OPTIONS"],
    "options": f"{_statement_timeout} {_direct['OPTIONS'].get('options', '')}".strip(),
}
# A pooler refuses `options` when a connection begins, and gives each transaction another session,
# so that no cursor may outlive one.
DATABASES = {
    "default": {
        **_database,
        "OPTIONS": _usual_options | _database["OPTIONS"] if _is_pooled else _direct["OPTIONS"],
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": _is_pooled,
    }
}
# What differs for locks and notifications, which need a session of their own
DATABASE_DIRECT = _direct if _is_pooled else {}

# Redis: the snapshot's database, and the next one for the broker
REDIS_URL = env.redis("REDIS_URL")
REDIS_TIMEOUT_SECONDS = env.real("REDIS_TIMEOUT_SECONDS", 2.0, 0.05, 60)
REDIS_POOL_SIZE = env.whole("REDIS_POOL_SIZE", 8, 1, 1000)
CACHES = {"default": cache_settings(REDIS_URL, REDIS_POOL_SIZE, REDIS_TIMEOUT_SECONDS)}

# Public pages in the web process's memory; 0 is none
EDGE_MEMORY_MB = env.whole("EDGE_MEMORY_MB", 32, 0, 100_000)

# Market numbers
MARKET_REFRESH_SECONDS = env.whole("MARKET_REFRESH_SECONDS", 180, 5, 86_400)
MARKET_SNAPSHOT_SECONDS = env.whole("MARKET_SNAPSHOT_SECONDS", 300, 10, 86_400)
MARKET_SOURCES = env.names("MARKET_SOURCES", "vietcap,vndirect,kbs,dnse", set(QUOTE_SOURCES))
MARKET_CONFIRM_SOURCES = env.names(
    "MARKET_CONFIRM_SOURCES", "vndirect,cafef,kbs", {*QUOTE_SOURCES, *PRICE_SOURCES, "none"}
)
if MARKET_CONFIRM_SOURCES == ["none"]:
    MARKET_CONFIRM_SOURCES = []
MARKET_CONFIRM_SECONDS = env.whole("MARKET_CONFIRM_SECONDS", 900, 1, 86_400)
MARKET_IDLE_SECONDS = env.whole("MARKET_IDLE_SECONDS", 900, 1, 86_400)
MARKET_BAR_SOURCES = env.names(
    "MARKET_BAR_SOURCES", "vietcap,vndirect_chart,kbs,dnse", set(BAR_SOURCES)
)
CRYPTO_SOURCES = env.names(
    "CRYPTO_SOURCES",
    "binance,coingecko,coinpaprika,alternative_me",
    {*COIN_SOURCES, *CLOSE_SOURCES, *GLOBAL_SOURCES, *SENTIMENT_SOURCES},
)
MARKET_DEMO = env.choice("MARKET_DEMO", "never", {"auto", "never"})
MARKET_BASE_URLS = {
    source: env.address(f"{source.upper()}_BASE_URL", default)
    for source, default in DEFAULT_BASE_URLS.items()
}
MARKET_API_KEYS = {source: env.secret(f"{source.upper()}_API_KEY", "") for source in KEYED_SOURCES}
MARKET_HEADERS = {
    "User-Agent": env.header(
        "MARKET_USER_AGENT",
        "Mozilla/5.0 (compatible; Marketsite/0.1; +https://github.com/marketsite/marketsite)",
    ),
    "Accept": "application/json, text/plain, */*",
}
MARKET_REFERERS = env.addresses_by_name("MARKET_REFERERS", set(DEFAULT_BASE_URLS))
MARKET_CONNECT_SECONDS = env.real("MARKET_CONNECT_SECONDS", 3, 0.1, 60)
MARKET_TOTAL_SECONDS = env.real("MARKET_TOTAL_SECONDS", 10, 0.1, 120)
MARKET_MAX_BYTES = env.whole("MARKET_MAX_BYTES", 2_000_000, 1000, 50_000_000)
MARKET_BACKFILL_BARS = env.whole("MARKET_BACKFILL_BARS", 260, 1, 5000)
REJECTED_RETENTION_DAYS = env.whole("REJECTED_RETENTION_DAYS", 14, 1, 36_500)
QUOTE_RETENTION_DAYS = env.whole("QUOTE_RETENTION_DAYS", 90, 1, 36_500)

# Reports
REPORT_WRITERS = env.names("REPORT_WRITERS", "gemini,openai,analyst", set(WRITERS))
ENABLE_AUTO_REPORT_SCHEDULER = env.flag("ENABLE_AUTO_REPORT_SCHEDULER", default=True)
AUTO_REPORT_INTERVAL_HOURS = env.whole("AUTO_REPORT_INTERVAL_HOURS", 3, 1, 24)
AUTO_REPORT_SCHEDULE_TIMES = env.times("AUTO_REPORT_SCHEDULE_TIMES")
MAX_REPORT_ATTEMPTS = env.whole("MAX_REPORT_ATTEMPTS", 3, 1, 20)
RUN_HEARTBEAT_SECONDS = env.real("RUN_HEARTBEAT_SECONDS", 10, 0.05, 3600)
RUN_STALE_SECONDS = env.real("RUN_STALE_SECONDS", 25, 0.1, 86_400)
if RUN_STALE_SECONDS <= RUN_HEARTBEAT_SECONDS:
    raise BadSetting("RUN_STALE_SECONDS", "must be longer than RUN_HEARTBEAT_SECONDS")
RUN_WAITING_SECONDS = env.real("RUN_WAITING_SECONDS", 20, 0.1, 86_400)
RUN_PART_SECONDS = env.real("RUN_PART_SECONDS", 1800, 1, 86_400)
RUN_SWEEP_SECONDS = env.real("RUN_SWEEP_SECONDS", 30, 0.1, 86_400)
RUN_RETRY_SECONDS = env.real("RUN_RETRY_SECONDS", 5, 0, 3600)
REPORT_MAX_CALLS_PER_RUN = env.whole("REPORT_MAX_CALLS_PER_RUN", calls_cap(MODEL_SECTIONS), 1, 1000)
REPORT_MAX_TOKENS_PER_RUN = env.whole("REPORT_MAX_TOKENS_PER_RUN", 500_000, 1000)
REPORT_MAX_COST_PER_DAY = Decimal(str(env.real("REPORT_MAX_COST_PER_DAY", 5.0, 0, 100_000)))
try:
    REPORT_PRICES = parse_prices(env.text("REPORT_PRICES", ""))
except ValueError as error:
    raise BadSetting("REPORT_PRICES", str(error)) from None
REPORT_CHECK_SECONDS = env.real("REPORT_CHECK_SECONDS", 60, 0.1, 3600)
RUN_RETENTION_DAYS = env.whole("RUN_RETENTION_DAYS", 90, 1, 36_500)
REPORT_ORIGINAL_VIEW = env.flag("REPORT_ORIGINAL_VIEW", default=False)

# Research
RESEARCH_SOURCES = env.names("RESEARCH_SOURCES", "feeds", {"feeds", "none"})
if RESEARCH_SOURCES == ["none"]:
    RESEARCH_SOURCES = []
RESEARCH_FEEDS = env.addresses("RESEARCH_FEEDS", ",".join(DEFAULT_FEEDS))
RESEARCH_MAX_ITEMS = env.whole("RESEARCH_MAX_ITEMS", 24, 1, 60)
RESEARCH_FEED_ITEMS = env.whole("RESEARCH_FEED_ITEMS", 8, 1, 60)
RESEARCH_MAX_AGE_HOURS = env.whole("RESEARCH_MAX_AGE_HOURS", 72, 1, 8760)
RESEARCH_MAX_BYTES = env.whole("RESEARCH_MAX_BYTES", 2_000_000, 1000, 20_000_000)
RESEARCH_FEED_SECONDS = env.real("RESEARCH_FEED_SECONDS", 10, 0.1, 120)
RESEARCH_TOTAL_SECONDS = env.real("RESEARCH_TOTAL_SECONDS", 40, 0.1, 600)
RESEARCH_ALLOW_PRIVATE = env.flag("RESEARCH_ALLOW_PRIVATE", default=False)

# The API
API_WRITES_PER_MINUTE = env.whole("API_WRITES_PER_MINUTE", 6, 1, 10_000)

# The models that write: NAME_API_KEY, NAME_MODEL and NAME_BASE_URL for each
for _name, _entry in WRITERS.items():
    if _entry.is_model:
        _own = _name.upper()
        globals()[f"{_own}_API_KEY"] = _key = env.secret(f"{_own}_API_KEY", "")
        if not re.fullmatch("[!-~]*", _key):
            raise BadSetting(f"{_own}_API_KEY", "must be one word of plain ASCII")
        globals()[f"{_own}_MODEL"] = env.header(f"{_own}_MODEL", _entry.model)
        globals()[f"{_own}_BASE_URL"] = env.address(f"{_own}_BASE_URL", _entry.base_url)
GEMINI_THINKING = env.text("GEMINI_THINKING", "low").lower()
if not re.fullmatch("-?[0-9]{1,6}|auto|minimal|low|medium|high", GEMINI_THINKING):
    raise BadSetting("GEMINI_THINKING", "must be a number of tokens, a level, or auto")
GEMINI_SEARCH_GROUNDING = env.flag("GEMINI_SEARCH_GROUNDING", default=False)
LLM_TOTAL_SECONDS = env.real("LLM_TOTAL_SECONDS", 180, 0.1, 1800)
LLM_MAX_BYTES = env.whole("LLM_MAX_BYTES", 2_000_000, 1000, 50_000_000)
LLM_RETRY_SECONDS = env.real("LLM_RETRY_SECONDS", 2, 0, 600)

# Celery: a doorbell. What must not be lost stands in PostgreSQL.
CELERY_BROKER_URL = env.broker("CELERY_BROKER_URL", REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
# Acknowledged on arrival: a bell that was heard has done its part, and what a killed worker leaves
# is in PostgreSQL, for the sweeper. Kept until the end of a task, an acknowledgement that a lost
# connection swallowed would hold its place in the prefetch window, and the worker would stay deaf.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = TIME_ZONE
CELERY_ENABLE_UTC = True
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = env.whole("CELERY_CONCURRENCY", 2, 1, 64)
# No limit: a worker whose threads are all busy must go on listening, or it would not notice that
# its broker is gone. What waits in it are bells, and they expire.
CELERY_WORKER_PREFETCH_MULTIPLIER = 0
WORKER_MAX_MEMORY_KB = env.whole("WORKER_MAX_MEMORY_KB", 250_000, 0)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
# A step goes on without the broker: its output is committed to PostgreSQL, not acknowledged.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_TIMEOUT = REDIS_TIMEOUT_SECONDS
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_POOL_LIMIT = 2
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 15,
    "socket_connect_timeout": REDIS_TIMEOUT_SECONDS,
    "socket_keepalive": True,
    "health_check_interval": 30,
    "visibility_timeout": 3600,
    "max_connections": 20,
}
CELERY_TASK_PUBLISH_RETRY = False
# Nothing to keep on disk: slots stand in the database. A soak names one that its clock drives.
CELERY_BEAT_SCHEDULER = env.text("CELERY_BEAT_SCHEDULER", "celery.beat:Scheduler")
if not re.fullmatch(r"[a-z_]+(\.[a-z_]+)*:[A-Za-z_]+", CELERY_BEAT_SCHEDULER):
    raise BadSetting("CELERY_BEAT_SCHEDULER", "must be a class, such as celery.beat:Scheduler")
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
CELERY_BEAT_SCHEDULE = {
    "refresh indices": {
        "task": "market.tasks.refresh_indices",
        "schedule": timedelta(seconds=MARKET_REFRESH_SECONDS),
        "options": {"expires": MARKET_REFRESH_SECONDS},
    },
    "refresh overview": {
        "task": "market.tasks.refresh_overview",
        "schedule": timedelta(seconds=MARKET_REFRESH_SECONDS),
        "options": {"expires": MARKET_REFRESH_SECONDS},
    },
    # Twenty minutes after UPCoM's close; the later rings ask again for what no source had yet, or
    # make up for a machine that was off.
    "close the day": {
        "task": "market.tasks.close_day",
        "schedule": Daily(hours=(8, 15, 18, 21), minute=20),
        "options": {"expires": 2 * 3600},
    },
    "start the due report": {
        "task": "reports.tasks.start_due_run",
        "schedule": timedelta(seconds=REPORT_CHECK_SECONDS),
        "options": {"expires": REPORT_CHECK_SECONDS},
    },
    "sweep stale runs": {
        "task": "reports.tasks.sweep",
        "schedule": timedelta(seconds=RUN_SWEEP_SECONDS),
        "options": {"expires": RUN_SWEEP_SECONDS},
    },
    "publish what is due": {
        "task": "reports.tasks.publish_due",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 60},
    },
    "draw cards": {
        "task": "reports.tasks.draw_cards",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 60},
    },
    "prune": {
        "task": "reports.tasks.prune",
        "schedule": Daily(hours=(3,), minute=40),
        "options": {"expires": 6 * 3600},
    },
}

# Mail to editors: a report waits for review
_mail = env.mail("EMAIL_URL")
EMAIL_HOST = _mail["EMAIL_HOST"]
EMAIL_PORT = _mail.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.sender("DEFAULT_FROM_EMAIL", f"marketsite@{_host}")
CONTACT_EMAIL = env.contact("CONTACT_EMAIL")  # where readers report a wrong figure

# Monitoring
METRICS_TOKEN = env.secret("METRICS_TOKEN", "")
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise BadSetting("METRICS_TOKEN", "must be random and have at least 16 characters")

# Logs
LOGGING = log_settings(
    env.choice("LOG_FORMAT", "json", {"json", "text"}),
    env.choice("LOG_LEVEL", "INFO", {"DEBUG", "INFO", "WARNING", "ERROR"}),
)
