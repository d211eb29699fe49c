"""What the lab does in place of the programs of well-known images; the table that names them is `node/images.py`.

Each module has one function ``(machine, call) -> exit code``, imported when its program is first called.
"""
