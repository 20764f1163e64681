"""Hello-Chat's own tests over data of one's own: the schema, the rules, the similarity of meanings."""
