"""Reports of a run, whichever face or runner made it: one record, many formats."""
