"""Container images of the programs that embedded nodes run as they are: for KinD, and for anybody's clusters.

``recipe`` says what goes into them, ``building`` has a container engine make them.
"""
