"""Seed-TTS-eval."""
