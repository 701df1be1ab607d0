"""Production: everything comes from the environment, and a missing secret stops the start."""

from __future__ import annotations

from config import env
from config.settings.base import *  # noqa: F403 - Django reads settings as module names
from config.settings.base import SECRET_KEY, STRIPE_API_BASE, STRIPE_SECRET_KEY

ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")

SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", True)
# Probes of the platform come over plain HTTP from inside.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.whole("SECURE_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", True)
SECURE_HSTS_PRELOAD = env.flag("SECURE_HSTS_PRELOAD", False)
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
if env.flag("TRUST_PROXY_HEADERS", False):
    # Only behind a proxy that sets this header itself and drops the client's.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

if SECRET_KEY.startswith("only-for-"):
    raise env.WrongSetting("SECRET_KEY is the one of the tests; generate one of your own")
if STRIPE_SECRET_KEY == "sk_test_standin":  # noqa: S105 - the one that is no secret
    raise env.WrongSetting("STRIPE_SECRET_KEY is the stand-in's; give Stripe's own")
if not STRIPE_API_BASE.startswith("https://"):
    raise env.WrongSetting("STRIPE_API_BASE must be https:// in production")
