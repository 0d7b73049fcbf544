"""`python -m smartcity_kg`: the command line."""

from smartcity_kg.cli import main

if __name__ == "__main__":
    main()
