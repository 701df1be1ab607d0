"""What the web server loads: the ASGI application, once the database keeps tenants apart."""

from __future__ import annotations

import gc

from config.asgi import application, drain
from tenants.row_security import verify_row_security

__all__ = ["application", "drain"]

verify_row_security()
# What is loaded now stays: no collection need look at it, and the end need not take it apart.
gc.freeze()
# Frames make few cycles; looking for them at the default pace costs a tenth of the work.
gc.set_threshold(50_000, 20, 50)
