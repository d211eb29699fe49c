"""One screen a file: each puts widgets together, brings them news, and does what they wish."""
