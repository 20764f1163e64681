"""Judges: models with a rubric, votes and a parsing policy."""
