"""Last questions by what they need: statements, images, or both. A plot is made for a number of images to recall."""
