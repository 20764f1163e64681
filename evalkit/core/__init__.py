"""The nouns: messages, samples, responses, scores, metrics, tasks, models. No input or output, no heavy import."""
