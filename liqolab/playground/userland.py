"""The image whose programs a lab uses beside those of a lesson."""

PROBE_IMAGE = "curlimages/curl:8.11.1"
"""What sends requests from beside a pod."""
