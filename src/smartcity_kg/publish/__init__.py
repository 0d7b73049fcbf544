"""What is published: the release, the static site, and their audit (layer 4)."""
