"""Charging sessions as physics, healthy and broken, and the OCPP frames a station makes of them.

Nothing here imports the product: what is normal and what is a fault is said without knowing how
anybody looks for it (an import contract checks that).
"""
