"""The words of Liqo 0.5 (API groups ``*.liqo.io/v1alpha1``): what differs from one generation to the next.

``names``: labels, annotations, finalizers, object names. ``resources``: its kinds. ``texts``: reasons and messages.
``images``: what its pods run. ``crds``: schemas. ``chart``: an installation as manifests. No behaviour lives here.
"""
