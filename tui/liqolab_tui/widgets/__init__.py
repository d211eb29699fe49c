"""What is on the screen. Widgets are given plain values and post messages; they do no I/O and know no Kubernetes."""
