"""PEDANT: whether a free answer means the reference, by the classifier of the package qa_metrics."""
