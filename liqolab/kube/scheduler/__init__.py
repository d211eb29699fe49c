"""The embedded cluster's scheduler: the reasoning and the words of kube-scheduler 1.34.

Read `scheduler` for the loop, `algorithm` for a decision, `plugins` for the rules, `diagnosis` and `texts` for what a
learner reads when there is no node, `explain` for the whole table behind that sentence.
"""
