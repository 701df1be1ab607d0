"""Paying and charging on the spot, as a stranger sees it."""
