"""A container as a small machine: files of its own, a shell that does what scripts say, and the pod's network.

``machine``
    One container: its files and what is carried out in it.
``interpreter``
    The sandboxed bash that carries scripts out; the only module that knows the library behind it.
``userlands``
    What images bring along: commands, files, the way their shell speaks.
``commands``, ``http_commands``, ``network_commands``
    What the sandbox does not have, because it belongs to the pod: sleep, curl, wget, nc, nslookup …
``attending``, ``session``, ``console``, ``line_editor``
    Somebody who carries commands out in it, or sits at its prompt.

Nothing of a manifest ever reaches a shell or a process of this machine; of its files only the volumes of the pod are
seen, and a link in them that leads out leads nowhere.
"""
