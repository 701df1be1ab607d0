"""Tenants, their members and API keys, and the scope every tenant-owned row is read in."""
