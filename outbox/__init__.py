"""Events and their delivery: the row that says work is owed."""
