"""What an API server says to objects that are wrong, or odd: cases, and how they are played."""
