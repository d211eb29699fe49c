"""The functions of expressions, one module a library; `functions.load` puts them into the table."""
