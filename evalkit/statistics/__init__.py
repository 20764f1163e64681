"""Statistics of comparisons: averages of tables, resampling, paired tests."""
