"""``python -m liqolab.pod PACKAGE.MODULE:FUNCTION [ARGUMENT…]``, the entry point of images."""

from __future__ import annotations

import sys

from liqolab.pod.runner import main

sys.exit(main(sys.argv[1:]))
