"""The demo: two operators, simulated chargers, and the proof that a session was paid."""
