"""The receipt of one session, followed step by step: as a page and as a PDF."""
