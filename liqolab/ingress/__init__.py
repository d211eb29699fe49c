"""An ingress controller: what ingress-nginx does for tutorials, as programs behind its images.

It sees a cluster as any pod does, over HTTPS and with its service account, and knows nothing of what runs it. `routing`
says which backend a request goes to, `proxying` carries it there, `controller` keeps both up to date, and `certgen` is
the job that makes the certificate of its webhook.
"""
