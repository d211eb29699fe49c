"""Plays a lesson against itself, in a playground of its own.

Both ways: before a step's commands at least one of its checks has to fail, afterwards all of them have to pass, and at
the end nothing may be left. Then sabotage: every command is spoilt in many ways, and each time a check has to notice.
"""
