"""``perl``, as far as Kubernetes' own example of a Job runs it: pi to as many digits as are asked for."""

from __future__ import annotations

import re

from liqolab.kube.node import texts
from liqolab.kube.node.machine.commands import fail, say
from liqolab.kube.node.machine.interpreter import Invocation
from liqolab.kube.node.machine.machine import Machine

_PI = re.compile(r"\s*print\s+bpi\((\d{1,5})\);?\s*")
_PRINT = re.compile(r"""\s*print\s+(?:"((?:[^"\\$@]|\\.)*)"|'([^']*)');?\s*""")
_GUARD = 10


async def perl(machine: Machine, call: Invocation) -> int:
    """Carry out ``perl -Mbignum=bpi -wle 'print bpi(2000)'``, or a script that prints one text."""
    script = call.argv[-1] if call.argv else ""
    end = "\n" if any(re.fullmatch(r"-\w*l\w*e", word) for word in call.argv) else ""
    if found := _PI.fullmatch(script):
        await say(call, _pi(int(found[1])) + end)
        return 0
    if found := _PRINT.fullmatch(script):
        text = found[2] if found[1] is None else found[1].replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')
        await say(call, text + end)
        return 0
    machine.notice(texts.NOT_IMITATED.format(command=" ".join([call.name, *call.argv])))
    return await fail(call, 127, "not imitated in this lab")


def _pi(digits: int) -> str:
    """So many digits of pi, the last one rounded (Machin's formula)."""
    unit = 10 ** (digits + _GUARD)
    number = (4 * (4 * _arctangent(5, unit) - _arctangent(239, unit)) + 5 * 10**_GUARD) // 10 ** (_GUARD + 1)
    text = str(number)
    return f"{text[0]}.{text[1:]}" if len(text) > 1 else text


def _arctangent(inverse: int, unit: int) -> int:
    power = total = unit // inverse
    square, sign, divisor = inverse * inverse, -1, 3
    while power:
        power //= square
        total += sign * (power // divisor)
        sign, divisor = -sign, divisor + 2
    return total
