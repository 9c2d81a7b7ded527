"""`python -m analysis` is `liftdose`."""

from analysis.cli import main

if __name__ == "__main__":
    main()
