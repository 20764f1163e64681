"""EMOVA's synthesis."""
