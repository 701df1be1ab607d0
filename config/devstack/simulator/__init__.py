"""Simulated chargers: physics of a charge, OCPP-J clients, replay of real sessions."""
