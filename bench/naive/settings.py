"""Django with nothing but Channels and the two tables."""

from __future__ import annotations

import os
from urllib.parse import parse_qs, urlsplit

_url = urlsplit(os.environ["DATABASE_URL"])
SECRET_KEY = "only-for-benchmarks"  # noqa: S105
INSTALLED_APPS = ["channels", "bench.naive"]
USE_TZ = True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _url.path.strip("/"),
        "USER": _url.username,
        "PASSWORD": _url.password,
        "HOST": _url.hostname or parse_qs(_url.query)["host"][0],
        "PORT": _url.port or "",
        "CONN_MAX_AGE": None,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
