"""Typed values in free text (numbers with units, times of day, dates, money), compared by meaning."""
