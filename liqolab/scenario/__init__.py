"""Lessons: found, read, played and reported, whichever face asks for it."""
