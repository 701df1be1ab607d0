"""Spot prices: feed shapes, providers, market days, what is announced and what a receipt shows."""
