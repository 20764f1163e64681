"""EMOVA's spoken dialogue: its questions in units or as recordings, its replies in JSON, the text-in questions."""
