"""CochlScene: the task, and its folders."""
