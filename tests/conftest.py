"""How many random examples tests draw: few every day, 10,000 with HYPOTHESIS_PROFILE=nightly."""

from __future__ import annotations

import os

from hypothesis import settings

# An everyday run leaves the number to each test; rating draws 25 (tests.billing.rating_cases).
settings.register_profile("everyday", settings.default)
settings.register_profile("nightly", max_examples=10_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))
