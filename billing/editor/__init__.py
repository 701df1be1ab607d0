"""Tariffs as people write and read them: forms, a week, warnings, differences, sentences."""
