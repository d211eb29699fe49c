"""A picture of the clusters, as plain values: taken once for a report, or kept current by watches for a screen."""
