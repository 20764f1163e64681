"""CV3-Eval."""
