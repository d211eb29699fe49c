"""Sabotage: the mistakes that a learner may make with a command, made on purpose.

An operator takes a block of commands and yields changed blocks, each with a word about what was done to it. It works on
the words of the shell and on YAML, and keeps everything else as it was written, quotes included. What becomes of a
changed block is decided by whoever plays it (`liqolab.author.trial`): a lesson's checks have to notice.
"""
