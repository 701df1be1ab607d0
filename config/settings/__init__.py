"""Settings: `base` for everybody, then only what differs in `dev`, `test` and `prod`."""
