"""The ways speech corpora lie on a disk, each read into rows of one normal form."""
