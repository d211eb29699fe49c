"""The world, what clusters are like, as values: taken once for a report, or kept current by watches for a screen."""
