"""Settings that are the same everywhere; what must be given has no default here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from kombu import Queue

from config import env
from config.celery import BEAT_SCHEDULE, QUEUES, TASK_ROUTES
from config.logging import logging_settings
from config.settings.faces import REST_FRAMEWORK as REST_FRAMEWORK
from config.settings.faces import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from config.settings.faces import UNFOLD as UNFOLD

BASE_DIR = Path(__file__).resolve().parents[2]

DEBUG = False
SECRET_KEY = env.secret("SECRET_KEY", at_least=50)
ALLOWED_HOSTS: list[str] = env.words("ALLOWED_HOSTS", [])
CSRF_TRUSTED_ORIGINS: list[str] = env.words("CSRF_TRUSTED_ORIGINS", [])

# Unfold replaces the admin's templates, so it comes before it. Our own apps follow in the order in
# which they may import each other, lowest first; `config` is last because it knows them all.
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "console.admin_app.ConsoleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "channels",
    "tenants",
    "outbox",
    "chargepoints",
    "sessions_app",
    "billing",
    "anomalies",
    "api",
    "console",
    "drivers",
    "config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tenants.middleware.TenantScopeMiddleware",
    "console.middleware.LocalTimeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
AUTH_USER_MODEL = "tenants.User"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before the admin's own, some of which the console replaces.
        "DIRS": [BASE_DIR / "console" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Database and broker

DATABASES = {"default": env.database("DATABASE_URL", engine="tenants.postgresql")}
REDIS_URL = env.redis_url("REDIS_URL")
CHANNEL_PREFIX = env.text("CHANNEL_PREFIX", "laddbok")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            # A subscription waits for as long as nothing happens; redis-py 8 would give up after
            # five seconds and take the consumer with it.
            "hosts": [{"address": REDIS_URL, "socket_timeout": None}],
            "prefix": CHANNEL_PREFIX,
        },
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
    }
}

# Celery. A task may run twice (late acknowledgement) and may be lost (the broker keeps nothing for
# ever), so every task is idempotent and every bell has a sweep.

CELERY_BROKER_URL = REDIS_URL
# Bound under its own name; Celery would bind all of them under the default queue's.
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in QUEUES]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = TASK_ROUTES
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A dead broker may hold a request for so many seconds, and is not tried twice: the sweep finds
    # what the bell could not tell (without `max_retries` kombu sleeps 2 and then 4 seconds).
    "max_retries": 0,
    "socket_connect_timeout": 0.5,
    "socket_timeout": 2.0,
    "visibility_timeout": 600,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# Language, time, static files

LANGUAGE_CODE = "sv"
LANGUAGES = [("sv", _("Swedish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "console.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Payments and chargers

STRIPE_SECRET_KEY = env.secret("STRIPE_SECRET_KEY")
# Several while a secret is being rotated: a signature made with any of them is right.
STRIPE_WEBHOOK_SECRETS: list[str] = env.split_words(env.secret("STRIPE_WEBHOOK_SECRETS"))
STRIPE_API_BASE = env.text("STRIPE_API_BASE", "https://api.stripe.com")
# First part of every idempotency key, so that two installations never share one.
STRIPE_KEY_PREFIX = env.text("STRIPE_KEY_PREFIX", "laddbok")
# How long billing waits for Stripe; `billing.policy.Patience` says what each is.
STRIPE_LEASE_MS = env.whole("STRIPE_LEASE_MS", 180_000, at_least=100)
STRIPE_FIRST_WAIT_MS = env.whole("STRIPE_FIRST_WAIT_MS", 2_000, at_least=1)
STRIPE_LONGEST_WAIT_MS = env.whole("STRIPE_LONGEST_WAIT_MS", 3_600_000, at_least=1)
STRIPE_QUIET_MS = env.whole("STRIPE_QUIET_MS", 600_000, at_least=1)
# So long the content of an event that was answered is kept; the row itself stays.
STRIPE_EVENT_KEPT_DAYS = env.whole("STRIPE_EVENT_KEPT_DAYS", 90, at_least=31)
STRIPE_KEY_LIFETIME_H = env.whole("STRIPE_KEY_LIFETIME_H", 20, at_least=1, at_most=23)
# Below this a session is charged but not invoiced, in minor units.
INVOICE_MINIMUM_MINOR = {"SEK": env.whole("INVOICE_MINIMUM_SEK_MINOR", 300)}
# So long a driver who paid on the spot has to plug in; then the hold on the card is released.
AD_HOC_START_WITHIN_S = env.whole("AD_HOC_START_WITHIN_S", 300, at_least=10)
# Hours after the midnight that ends a week or month until it is invoiced: readings and prices of
# its last sessions are in by then.
PERIOD_CLOSE_AFTER_H = env.whole("PERIOD_CLOSE_AFTER_H", 6, at_least=1, at_most=72)
# Where market prices of a price area and a day are fetched; nothing is fetched without it.
SPOT_PRICE_FEED_URL = env.web_template(
    "SPOT_PRICE_FEED_URL", "", places=("yyyy", "mm", "dd", "area", "area_lower", "currency")
)
# The unit of a feed that does not say its own (`EUR/MWh`, `öre/kWh`).
SPOT_PRICE_FEED_UNIT = env.text("SPOT_PRICE_FEED_UNIT", "")
# The market's day begins and ends at midnight here; one for all of Europe's coupled markets.
SPOT_MARKET_TIME_ZONE = env.zone_name("SPOT_MARKET_TIME_ZONE", "Europe/Stockholm")
# How long a stopped session may wait for messages that are missing before it is completed without.
SESSION_SETTLE_S = env.whole("SESSION_SETTLE_S", 300)
# When something else shows that a session is over, its stop has so long to come before the session
# is closed, and so long again until it is completed.
SESSION_EVIDENCE_GRACE_S = env.whole("SESSION_EVIDENCE_GRACE_S", 900)
SESSION_EVIDENCE_SETTLE_S = env.whole("SESSION_EVIDENCE_SETTLE_S", 3_600)
# A session of a connected station that sends no reading for so many hours is over.
SESSION_SILENCE_H = env.whole("SESSION_SILENCE_H", 24, at_least=1)
# So long after their end the samples of sessions are packed; what shows them reads either form.
SAMPLES_SEALED_AFTER_DAYS = env.whole("SAMPLES_SEALED_AFTER_DAYS", 7, at_least=1)
# A session held for nothing but these doubts (kind and cause) is released by itself with the energy
# rebuilt from its samples, if that is at most so many Wh, or thousandths of it, off.
REBUILD_RELEASES = env.words("REBUILD_RELEASES", ["M2 begin_placeholder"])
REBUILD_BOUND_WH = env.whole("REBUILD_BOUND_WH", 100, at_least=0)
REBUILD_BOUND_PERMILLE = env.whole("REBUILD_BOUND_PERMILLE", 10, at_least=0, at_most=100)
# Under the first of these what must be read again is encrypted; the others still open old rows.
SEALING_KEYS: list[str] = env.secrets("SEALING_KEYS", at_least=32)
# Key of the HMAC under which charge points' keys are stored; changing it locks them all out.
OCPP_KEY_SECRET = env.secret("OCPP_KEY_SECRET", at_least=32)
# Proxies whose word about address, TLS and client certificate is believed.
OCPP_TRUSTED_PROXIES = env.networks("OCPP_TRUSTED_PROXIES", [])
# So many connection attempts a minute of one address at one station are looked at.
OCPP_CONNECTS_PER_MINUTE = env.whole("OCPP_CONNECTS_PER_MINUTE", 60, at_least=1)
# How long a connected station may take to answer a ping before another connection replaces it.
OCPP_PING_WITHIN_MS = env.whole("OCPP_PING_WITHIN_MS", 4_000, at_least=100, at_most=30_000)
# The largest log (megabytes) that is taken from a station.
OCPP_LOG_UPLOAD_MB = env.whole("OCPP_LOG_UPLOAD_MB", 20, at_least=1, at_most=200)
# Days for which the log of OCPP messages is kept.
OCPP_LOG_DAYS = env.whole("OCPP_LOG_DAYS", 30, at_least=1)

# Where the public finds this installation (https://laddbok.example), for links in receipts that
# leave it; without it links say the address they were asked under.
PUBLIC_URL = env.web_template("PUBLIC_URL", "", places=()).rstrip("/")

# Messages to people. Without EMAIL_HOST mails wait, and the admin says why.
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.text("EMAIL_HOST", "")
EMAIL_PORT = env.whole("EMAIL_PORT", 587, at_least=1, at_most=65_535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_HOST_PASSWORD", "")
# STARTTLS; EMAIL_USE_SSL is TLS from the first byte (port 465).
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL", False)
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", not EMAIL_USE_SSL)
EMAIL_TIMEOUT = env.whole("EMAIL_TIMEOUT_S", 15, at_least=1, at_most=60)
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "laddbok@localhost")
# Webhooks may go to http and to the own network: for development, or a chat server next door.
WEBHOOKS_MAY_BE_PRIVATE = env.flag("WEBHOOKS_MAY_BE_PRIVATE", False)
# The HTTP gateway for SMS; its fields are named in the order sender, number, text.
SMS_GATEWAY_URL = env.web_template("SMS_GATEWAY_URL", "", places=())
SMS_GATEWAY_USER = env.text("SMS_GATEWAY_USER", "")
SMS_GATEWAY_SECRET = env.secret("SMS_GATEWAY_SECRET", "")
SMS_GATEWAY_JSON = env.flag("SMS_GATEWAY_JSON", False)
SMS_GATEWAY_FIELDS = env.words("SMS_GATEWAY_FIELDS", ["from", "to", "message"])
if len(SMS_GATEWAY_FIELDS) != 3:
    raise env.WrongSetting("SMS_GATEWAY_FIELDS must name three fields: sender, number, text")
SMS_SENDER = env.text("SMS_SENDER", "Laddbok")
# Days for which messages are kept.
MESSAGE_DAYS = env.whole("MESSAGE_DAYS", 90, at_least=1)

LOGGING = logging_settings(env.text("LOG_LEVEL", "INFO"), json_lines=True)
LOGGING_CONFIG = "logging.config.dictConfig"

# Behaviour of the browser

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
