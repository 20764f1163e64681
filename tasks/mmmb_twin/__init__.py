"""The procedural twin of MMMB: a seeded generator of dialogues and of the images they show."""
