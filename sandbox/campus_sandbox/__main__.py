"""`python -m campus_sandbox` is the command `campus-sandbox`."""

import sys

from campus_sandbox.cli import main

sys.exit(main())
