"""What runs in the environments of models with pins of their own; evalkit is not installed there."""
