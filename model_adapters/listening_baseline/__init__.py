"""A baseline that listens a little: what it hears, and how it answers."""
