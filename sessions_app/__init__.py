"""Charging sessions, meter samples, drivers and their tokens."""
