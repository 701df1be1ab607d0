"""What the web server loads: the ASGI application, once the database keeps tenants apart."""

from __future__ import annotations

import gc

from config.asgi import application
from tenants.row_security import verify_row_security

__all__ = ["application"]

verify_row_security()
# What is loaded now stays: no collection need look at it, and the end need not take it apart.
gc.freeze()
