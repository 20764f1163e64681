"""EmergentTTS-Eval."""
