"""Fields of objects as sets: what server-side apply and ``metadata.managedFields`` reckon with.

The rules are those of structured-merge-diff, the library behind a real API server: which places of an object count as
one field (`shapes`), sets of such places (`trees`), what two objects differ in (`comparing`), how one is laid over the
other and how fields are taken out again (`merging`), what is wrong with a document that somebody applies (`checking`),
and the entries that say who owns what (`entries`). Nothing here knows of requests.
"""
