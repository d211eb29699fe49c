"""What ``kubectl get`` shows of each built-in kind: columns and cells as Kubernetes 1.34 prints them.

The server always sends the wide cells; columns of priority 1 are hidden by kubectl unless asked for. Ages are counted
here, to the moment the caller gives, because that is where a real API server counts them.
"""
