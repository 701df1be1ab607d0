"""A password hash for machines where the password is printed on the screen."""

from __future__ import annotations

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickPasswordHasher(PBKDF2PasswordHasher):
    """Django's own algorithm with few rounds: each login saves half a second of work.

    Production can read such a hash, and replaces it by a strong one at the next login.
    """

    iterations = 10_000
