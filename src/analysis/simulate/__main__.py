"""`python -m analysis.simulate sample DIR` writes the bundled sample exports anew."""

from __future__ import annotations

import argparse
import sys

from analysis.simulate.sample import write_sample


def main(arguments: list[str] | None = None) -> int:
    """Write the sample and name the files."""
    parser = argparse.ArgumentParser(prog="python -m analysis.simulate")
    parser.add_argument("what", choices=["sample"], help="the three bundled athletes")
    parser.add_argument("directory", help="folder to write to")
    options = parser.parse_args(arguments)
    for path in write_sample(options.directory):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
