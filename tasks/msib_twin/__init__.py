"""The twin of MSIB: spoken dialogues written for evalkit, whose user turns a synthesizer speaks."""
