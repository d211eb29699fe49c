"""The vocabulary: sentences about live clusters, each one plain function, registered once.

pytest-bdd and the headless runner use the same functions through `registry`. They see clusters only through kubeconfigs
and the Kubernetes API, so a feature means the same on embedded clusters, on KinD and on anybody's own.
"""
