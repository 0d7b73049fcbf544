"""Pages for people: what each shows, from the graph and the shapes (layer 4)."""
