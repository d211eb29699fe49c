"""The vocabulary of Kubernetes objects, as pure functions and values.

Everything here is free of I/O, of clusters and of clients: names of resources, Status errors, selectors, quantities,
timestamps, JSONPath and patches. It plays the part that ``k8s.io/apimachinery`` plays in Go: the embedded API server,
the controllers and Liqo share these rules, so none of them can drift into a dialect of its own.
"""
