"""``kind`` for the lab's shell: KinD's command line, v0.30, on embedded clusters.

The lab puts this on the PATH of its own shell only. Commands, flags, outputs and exit codes are KinD's, with one
difference: where KinD names its containers, this says that the control plane is embedded, and what a configuration asks
for in vain is told as a warning.
"""
