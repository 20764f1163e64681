"""What adapters of models on this machine share: loading, batching, decoding."""
