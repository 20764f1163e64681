"""Metrics and the scorers that apply them: pure functions under named profiles."""
