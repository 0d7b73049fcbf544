"""Output formats (layer 3): one module a format; each turns a value into text and touches nothing else."""
