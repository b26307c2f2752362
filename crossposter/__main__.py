"""`python -m crossposter`."""

import sys

from crossposter.cli import main

sys.exit(main())
