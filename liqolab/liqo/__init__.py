"""Liqo, written only against the Kubernetes API: it runs on embedded clusters, on KinD and on anybody's cluster alike.

Every component is a program of its own (`programs.py` maps images to entry functions), and `ctl` is the command line.
Two kinds of code live here and are kept apart:

* *mechanisms* (peering, replication, offloading, reflection, …), one package each;
* *generations*: `gen05` holds whatever is a name, a text, a schema or a manifest of Liqo 0.5. A mechanism takes its
  words from there, so that another generation can stand beside it.
"""
