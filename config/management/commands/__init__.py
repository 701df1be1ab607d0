"""Commands of the project as a whole: up, demo, services, test, reset."""
