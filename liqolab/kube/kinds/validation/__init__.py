"""What is wrong with a pod, a template, a selector: the hand-written rules beyond what the schema says.

Errors come in the order of the fields, under the field's path, in the API server's words.
"""
