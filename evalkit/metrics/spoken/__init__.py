"""What can be decided about a spoken reply by rule."""
