"""Garbage collection: objects go when all their owners are gone.

- `graph`: who owns whom, kept from the informers of every resource; pure.
- `collector`: deletes, orphans, and lets go of owners that wait for their dependents.
"""
