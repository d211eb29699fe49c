"""The walkthrough in a browser on this machine: the same application, served by textual-serve's parts."""
