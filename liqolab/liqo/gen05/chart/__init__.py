"""An installation of Liqo 0.5 as manifests: `values` say what is wanted, `manifests` renders it, `release` records it.

The values have the names of upstream's Helm chart, so what people know of ``--set`` holds here; the record is a Helm
release, so ``helm list`` shows it.
"""
