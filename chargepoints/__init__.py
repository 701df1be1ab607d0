"""Sites, stations, connectors, commands and the OCPP socket."""
