"""The verbs: plan, generate, transcribe, score, summarize; the journal and the run's identity."""
