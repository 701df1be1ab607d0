"""Detectors, incidents and billing holds."""
