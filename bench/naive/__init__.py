"""How OCPP servers are usually written, as the benchmark's opponent: Channels, `ocpp`, the ORM."""
