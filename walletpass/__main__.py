"""`python -m walletpass`."""

import sys

from walletpass.cli import main

if __name__ == "__main__":
    sys.exit(main())
