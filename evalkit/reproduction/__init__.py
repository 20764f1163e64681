"""Repeating the tables of papers: what it takes, and what came out beside what was printed."""
