"""Verifiable instructions: what a prompt demands of the form of its answer, and whether the answer has it."""
