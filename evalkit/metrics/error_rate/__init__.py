"""Word and character error rates: profiles, alignment, scorer."""
