"""Database backend: PostgreSQL through the application role, with the tenant scope set."""
