"""Tests: the pytest plugin has started real servers and named them in the environment."""

from __future__ import annotations

import os

# What a tool sees that only loads the settings (the type checker); nothing connects to these.
os.environ.setdefault("DATABASE_URL", "postgresql://laddbok@127.0.0.1:1/laddbok")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")
os.environ.setdefault("SECRET_KEY", "only-for-tests-" * 4)
os.environ.setdefault("OCPP_KEY_SECRET", "only-for-tests-" * 4)
os.environ.setdefault("SEALING_KEYS", "only-for-tests-" * 4)
# Whatever key the developer has, tests never reach Stripe with it.
os.environ["STRIPE_SECRET_KEY"] = "sk_test_standin"  # noqa: S105 - the one that is no secret
os.environ.setdefault("STRIPE_WEBHOOK_SECRETS", "whsec_only_for_tests")
os.environ.setdefault("STRIPE_API_BASE", "http://127.0.0.1:1")
# A station in the same process either answers at once or has been told not to.
os.environ.setdefault("OCPP_PING_WITHIN_MS", "1500")
# Whoever connects from this address is a proxy; tests may (all of 127/8 is loopback).
os.environ.setdefault("OCPP_TRUSTED_PROXIES", "127.0.0.9")

from config.logging import logging_settings
from config.settings.base import *  # noqa: F403 - base reads what was just filled in

ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
# Files are found where they lie; nothing is collected for a test run.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
# Hashing passwords slowly is a property of production, not of the code under test.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGGING = logging_settings("WARNING", json_lines=False)
