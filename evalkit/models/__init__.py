"""What adapters share: processes, batching, calls."""
