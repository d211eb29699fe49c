"""What objects may look like: definitions, decoding, defaulting, validation and patches by schema.

Pure functions over dictionaries, without I/O beyond reading the shipped data files once. Built-in kinds are driven by
upstream's OpenAPI definitions, custom kinds by the schemas that their CustomResourceDefinitions bring.
"""
