"""Entry point: `python -m snat_scale`, which `Scale/submit` calls."""

import sys

from .cli import main

sys.exit(main())
