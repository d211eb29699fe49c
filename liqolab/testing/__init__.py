"""Features under pytest: collected, checked before anything runs, run on clusters that are leased, and reported.

`liqolab.pytest_plugin` is the thin part that every pytest run loads; it starts `plugin` when there is something to do.
"""
