"""Lessons: found, read, played and reported, whichever face asks for it."""

DEFAULT_LESSON = "offloading-with-policies"
"""Which one a command means that names none."""
