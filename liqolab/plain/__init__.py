"""The linear face: every function of a walkthrough, line by line, for screen readers, pipes and logs."""
