"""The Gherkin runner under pytest: collection, leases, clean-up, statuses."""
