"""Benchmarks, one folder each: task.py, card.md, data of its own."""
