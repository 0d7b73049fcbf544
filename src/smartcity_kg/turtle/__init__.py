"""Turtle: strict reading (layer 1). pyoxigraph is the judge of syntax; nothing is fetched while reading."""
