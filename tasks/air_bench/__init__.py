"""AIR-Bench: the task, and its sets and rows."""
