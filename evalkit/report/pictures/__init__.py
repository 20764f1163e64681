"""Pictures of results: each kind has its data, as rows of a table, and a drawing of them."""
