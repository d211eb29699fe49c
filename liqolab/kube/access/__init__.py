"""Who somebody is, and what he may do: certificates, tokens and impersonation on one side, RBAC on the other.

Read `authn` for the first question, `authz` for the second.
"""
