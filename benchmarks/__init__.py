"""Measurements of the lab as its users meet it: through the command line and over HTTPS, never inside an object.

`python -m benchmarks` takes all of them in one run and prints them beside the aims and beside what real control planes
needed. See README.md in this folder for what each figure means.
"""
