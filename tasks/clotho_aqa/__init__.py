"""ClothoAQA: the task, and its tables and annotators."""
