"""Pictures as SVG, made from plain values, readable without script (layer 3)."""
