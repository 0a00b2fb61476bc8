"""`python -m verifier LAKE`."""

import sys

from verifier.command import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
