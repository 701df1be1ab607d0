"""Formats of Swedish."""
