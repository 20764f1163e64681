"""Media: reading, decoding, resampling, encoding and hashing of what handles point to."""
