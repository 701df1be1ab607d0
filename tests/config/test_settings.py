"""Production starts with everything it needs, and with nothing less."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPLETE = {
    "DJANGO_SETTINGS_MODULE": "config.settings.prod",
    "SECRET_KEY": "s" * 50,
    "OCPP_KEY_SECRET": "o" * 32,
    "SEALING_KEYS": "s" * 32,
    "DATABASE_URL": "postgresql://a@127.0.0.1:1/laddbok",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "STRIPE_SECRET_KEY": "sk_live_1",
    "STRIPE_WEBHOOK_SECRETS": "whsec_new,whsec_old",
    "ALLOWED_HOSTS": "laddbok.example",
}
PRINT = "from django.conf import settings as s; print(s.{})"


def load(environment: dict[str, str], setting: str = "DEBUG") -> subprocess.CompletedProcess[str]:
    """Read one production setting in a process of its own."""
    kept = {
        name: os.environ[name] for name in ("PATH", "PYTHONPYCACHEPREFIX") if name in os.environ
    }
    command = [sys.executable, "-c", PRINT.format(setting)]
    return subprocess.run(
        command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False
    )


def test_every_variable_is_in_the_example() -> None:
    files = [*(ROOT / "config" / "settings").glob("*.py"), ROOT / "config" / "env.py"]
    read = {
        name
        for file in files
        for name in re.findall(r'env\.[a-z_]+\(\s*"([A-Z_]+)"', file.read_text(encoding="utf-8"))
    }
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert read - set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE)) == set()


def test_development_refuses_a_live_stripe_key(tmp_path: Path) -> None:
    development = {"DJANGO_SETTINGS_MODULE": "config.settings.dev", "LADDBOK_STATE": str(tmp_path)}
    done = load(COMPLETE | development | {"STRIPE_SECRET_KEY": "sk_live_1"})
    assert "WrongSetting: STRIPE_SECRET_KEY is a live one" in done.stderr


def test_production_starts_when_all_is_given() -> None:
    assert load(COMPLETE).stdout == "False\n"


def test_webhook_secrets_may_be_several_while_one_is_replaced() -> None:
    done = load(COMPLETE, "STRIPE_WEBHOOK_SECRETS")
    assert done.stdout == "['whsec_new', 'whsec_old']\n"


@pytest.mark.parametrize("name", sorted(set(COMPLETE) - {"DJANGO_SETTINGS_MODULE"}))
def test_production_refuses_to_start_without(name: str) -> None:
    done = load({key: value for key, value in COMPLETE.items() if key != name})
    assert done.returncode != 0
    assert done.stderr.strip().endswith(f"WrongSetting: {name} is not set")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "only-for-tests-" * 4),
        ("STRIPE_SECRET_KEY", "sk_test_standin"),
        ("STRIPE_API_BASE", "http://127.0.0.1:12111"),
    ],
)
def test_production_refuses_what_belongs_to_development(name: str, value: str) -> None:
    done = load(COMPLETE | {name: value})
    assert f"WrongSetting: {name} " in done.stderr
