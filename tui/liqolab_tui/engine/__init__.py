"""What stands between the interface and the rest: controllers that own threads, call the engine and tell news."""
