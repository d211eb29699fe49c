"""What a check that does not hold says: the failure, its evidence, and how both are told without secrets."""
