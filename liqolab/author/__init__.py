"""Tools for those who write lessons and features.

`lint` reads features and lessons without touching a cluster and says what is wrong where. `trial` plays every step of a
lesson both ways, and `sabotage` breaks the lesson's own commands on purpose, to see that some check notices. `scaffold`
begins a new lesson; `parity` compares what a learner is shown with what the feature says.
"""
