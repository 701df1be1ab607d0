"""The operators' admin: its site, its home page and the session page."""
