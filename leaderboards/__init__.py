"""Scores printed in papers, and baselines for the gate."""
