"""The families of images: each module has `make` (facts and words of a picture) and `draw` (its pixels)."""
