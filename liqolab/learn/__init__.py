"""A learner's walk through a lesson, with no face: what every face drives."""
