"""Typed values in answers: numbers, times, dates, money."""
