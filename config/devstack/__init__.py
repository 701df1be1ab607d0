"""The development stack: embedded PostgreSQL and Valkey, and the supervisor of all processes."""
