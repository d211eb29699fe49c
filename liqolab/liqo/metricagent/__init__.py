"""Program liqo-metric-agent: where peers would scrape what their pods use."""
