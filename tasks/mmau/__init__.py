"""MMAU: the task, and its question files."""
