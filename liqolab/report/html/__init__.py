"""The page for people: one file that needs nothing but a browser."""
