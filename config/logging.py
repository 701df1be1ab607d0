"""Logs as JSON lines, one object per line, for people with `jq` and for log collectors."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from tenants.scope import current_scope

_OWN_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object per record: time, level, logger, message, tenant, and what `extra` held."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line; values JSON does not know are written as text."""
        entry: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        scope = current_scope()
        if scope is not None and scope.tenant_id is not None:
            entry["tenant"] = scope.tenant_id
        entry |= {key: value for key, value in vars(record).items() if key not in _OWN_ATTRIBUTES}
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str, ensure_ascii=False)


def logging_settings(level: str, *, json_lines: bool) -> dict[str, Any]:
    """Django's LOGGING: everything to standard error, where the process runner collects it."""
    formatter = "json" if json_lines else "plain"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "config.logging.JsonFormatter"},
            "plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": formatter}},
        "root": {"handlers": ["stderr"], "level": level},
        # Django gives its own logger handlers of its own; one path is enough.
        "loggers": {"django": {"handlers": [], "level": level, "propagate": True}},
    }
