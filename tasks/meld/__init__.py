"""MELD: the task, and its tables and clips."""
