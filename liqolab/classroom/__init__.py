"""The classroom: journals of learners on their own laptops, streamed to an instructor's desk, and grades of them that
can be checked.

A seat is a key pair; its chain (`chain`) is the learner's journal, sealed; the desk (`desk`) keeps chains in one file a
class (`store`), and signs what it has seen and when. `verdict` looks for forgeries and `grading` judges, both from a
bundle alone.
"""
