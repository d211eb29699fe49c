"""What kinds do on create, update and delete beyond storing their fields; one module a family of kinds."""
