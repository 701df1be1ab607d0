"""Composition root: settings, URLs, ASGI, Celery and the development stack."""
