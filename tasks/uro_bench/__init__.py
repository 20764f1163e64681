"""URO-Bench: its table of sets, its two rules that are no judge's, its conversations, its versions of the data."""
