"""Numbers that may be given as a share: ``maxSurge: 25%``."""

from __future__ import annotations


def scaled(value: int | str | None, total: int, *, up: bool, default: int = 0) -> int:
    """`value` itself when it is a number, or that percentage of `total`, rounded up or down.

    Raises:
        ValueError: a string that is no percentage.
    """
    if value is None:
        return default
    if isinstance(value, int):
        return value
    if not value.endswith("%"):
        raise ValueError(f"invalid value for IntOrString: {value!r} is not a percentage")
    product = int(value[:-1]) * total
    return -(-product // 100) if up else product // 100
