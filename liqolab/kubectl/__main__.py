"""``python -m liqolab.kubectl``."""

from liqolab.kubectl.main import main

main()
