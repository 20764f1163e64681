"""MiniMax's multilingual test set."""
