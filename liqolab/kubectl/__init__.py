"""A small ``kubectl`` for machines that have none: the commands of the lessons, with kubectl's words and exit codes.

It is put on the PATH of the lab's shell only where the real one is missing, and says so in ``kubectl version``. Tables
come from the server, as they do for the real one.
"""
