"""For those who write lessons: lint, both-polarity play, sabotage."""
