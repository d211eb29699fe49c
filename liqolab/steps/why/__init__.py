"""Why it does not hold: from what was seen to the root cause, as far as the clusters' own words prove it."""
