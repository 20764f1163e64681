"""What adapters of models behind an API share: calls, retries, rates, prices."""
