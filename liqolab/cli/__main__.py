"""``python -m liqolab.cli`` is ``liqolab``."""

from liqolab.cli import main

main()
