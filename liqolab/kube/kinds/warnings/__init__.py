"""What a client is told about an object that is accepted all the same: the ``Warning`` headers of API servers."""
