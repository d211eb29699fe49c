"""How the cost of a cluster grows with what is in it: the same work at growing sizes, and the exponent.

``python -m benchmarks.growth`` measures; `planes` starts what is measured, `load` asks it for much at once, `series`
and `clusters` are the measurements, `fit` makes exponents of them, `plot` a picture.
"""
