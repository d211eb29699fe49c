"""Horizontal pod autoscalers.

`controller` does what happens every 15 seconds; `metrics` asks what pods use, `replicas` makes a number of it, and
`behavior` holds the number back. The arithmetic is kube-controller-manager's, step by step, since lessons are about
exactly that; it knows no clock and no API, so that it can be held against tables.
"""
