"""Stateful sets: pods with names, order and storage that outlive them.

- `identity`: what a pod of a given ordinal is called and made of; pure.
- `plan`: which single step (or, for Parallel sets, which steps) comes next; pure.
- `retention`: who owns the claims; pure.
- `controller`: does it, and keeps status and history.
"""
