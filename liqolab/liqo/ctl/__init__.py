"""``liqoctl``: upstream's commands, flags, outputs and exit codes over any Kubernetes API server.

``tree`` is the table of commands, ``parsing`` reads a command line against it the way cobra does, ``output`` prints the
way pterm does. Each command is a module with a function that takes an `Invocation`. A tutorial starts this program
twenty times, so nothing is imported before it is needed.
"""
