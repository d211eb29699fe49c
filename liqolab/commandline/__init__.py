"""Command lines as programs written with cobra have them: a tree of commands, its flags, its errors and its help.

``liqoctl`` and ``kind`` are such programs, and scripts rely on what they print. Each has a tree of its own; how it is
read and shown is here, once. Nothing is imported that a command does not need: they live for less than a second.
"""
