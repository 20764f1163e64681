"""Judges and listeners, one file or folder each."""
