"""Storage: claims find volumes, volumes are made for claims, and neither goes while it is in use.

- `binding`: claims and volumes are bound to each other, and reclaimed.
- `provisioner`: makes volumes for claims of classes with provisioner ``rancher.io/local-path``, as kind's does.
- `protection`: finalizers go when nobody uses a claim or a volume any more.
- `ephemeral`: claims for volumes that live as long as their pods.
"""
