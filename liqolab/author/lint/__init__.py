"""Static checks of features and lessons: one small function a rule, all of them in one table (see `catalogue`).

A rule says where something is wrong and why that matters; what is shown, ignored, mended or turned into an exit code is
decided by others (`linter`, `suppression`, `spacing`, `output`). No rule needs a cluster, and none runs anything.
"""
