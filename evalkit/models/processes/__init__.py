"""Models in processes of their own: workers, pools, isolated environments."""
