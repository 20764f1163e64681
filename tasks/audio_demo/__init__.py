"""The embedded set of audio questions: the task, its sounds, its questions and its voices."""
