"""A developer's machine and the demo: embedded servers, generated secrets, plain logs."""

from __future__ import annotations

from config import env
from config.devstack.state import apply_local_values, state_folder

# What the environment left open; a server named here is one that `manage.py up` starts itself.
FILLED_IN = apply_local_values()

from config.logging import logging_settings  # noqa: E402
from config.settings.base import *  # noqa: E402, F403 - base reads what was just filled in

if STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_")):  # noqa: F405
    raise env.WrongSetting("STRIPE_SECRET_KEY is a live one; development takes test keys only")

DEBUG = env.flag("DEBUG", True)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *env.words("ALLOWED_HOSTS", [])]
PASSWORD_HASHERS = ["config.devstack.hashers.QuickPasswordHasher"]
if not EMAIL_HOST:  # noqa: F405
    # Mails are files that can be read.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(state_folder() / "mail")
# Links in mails lead to the port `manage.py` takes when it is free.
PUBLIC_URL = env.web_template("PUBLIC_URL", "http://127.0.0.1:8000", places=()).rstrip("/")
WHITENOISE_USE_FINDERS = True
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
LOGGING = logging_settings(env.text("LOG_LEVEL", "INFO"), json_lines=env.flag("LOG_JSON", False))
