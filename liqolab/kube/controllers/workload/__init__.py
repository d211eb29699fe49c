"""What the controllers that run pods from a template share: claiming, creating, deleting and ranking of pods."""
