"""Shell text as data: what a command line says, where in the text it says it, and the words that kubectl knows.

Pure, and at the bottom of the layers: lessons, learners' remarks, sabotages and simulated containers all ask it.
"""
