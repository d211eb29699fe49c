"""Drawings made of characters: pure functions from plain values to lines, roles and spots."""
