"""KinD's own clusters: nodes that are containers, made by the `kind` and the container engine that a person has."""
