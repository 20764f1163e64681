"""Models, one file per family or provider, with a card beside it."""
