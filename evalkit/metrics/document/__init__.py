"""Short answers read off documents, charts, scenes and formulas, against one or several references."""
