"""What writes generated files: registers, tables, expected results. Not part of the package."""
