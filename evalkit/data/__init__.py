"""Data set sources: hub, local mirrors, JSON Lines, and their revision pinning."""
