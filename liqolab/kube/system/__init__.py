"""What the cluster itself owns, whoever may change or delete it: which objects, and how they come back."""
