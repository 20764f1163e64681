"""Nothing is decoded here: frames come decoded."""
