"""What sessions answer stations, by OCPP version."""

from sessions_app.ocpp_handlers.v16 import SessionHandlers16
from sessions_app.ocpp_handlers.v201 import SessionHandlers201

__all__ = ["SessionHandlers16", "SessionHandlers201"]
