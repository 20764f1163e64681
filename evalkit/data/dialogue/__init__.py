"""Dialogues of the user's own, or made by a program: schema, reading, checking."""
