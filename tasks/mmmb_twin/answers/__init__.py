"""The rule that reads what a free-form answer of the twin commits to, and the scorer that holds answers to it."""
