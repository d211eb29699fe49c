"""``python -m liqolab.liqo.ctl``: the same as ``liqoctl``, wherever the script is not installed."""

from __future__ import annotations

import sys

from liqolab.liqo.ctl.main import main

if __name__ == "__main__":
    sys.argv[0] = "liqoctl"
    sys.exit(main())
