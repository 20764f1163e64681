"""Choice questions: reading the option a reply chose, by the official rules and by one of our own."""
