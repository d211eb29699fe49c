"""The face for Jupyter: lessons as notebooks, a kernel that is the lesson's bash, `lab`, and a living picture.

It drives `learn.Walkthrough` as every face does and keeps nothing of its own, so what is begun here can be gone on with
in the terminal. Everything but `document` needs the extra ``liqolab[notebook]``.
"""
