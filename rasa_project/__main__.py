"""``python -m rasa_project``."""

import sys

from rasa_project.cli import main

sys.exit(main())
