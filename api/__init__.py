"""The partners' REST API."""
