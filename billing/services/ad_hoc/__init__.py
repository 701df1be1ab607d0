"""Payments on the spot: opened, held, charged against, captured or released, never left hanging."""
