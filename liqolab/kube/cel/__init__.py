"""CEL, the expression language of Kubernetes' rules: parsed, type-checked and run within a budget of cost.

It is the language as Kubernetes 1.34 sets it up: optional types, cross-type comparisons, homogeneous literals,
two-variable comprehensions and Kubernetes' own function libraries. Neither of the CEL libraries for Python can stand in
(common-expression-language 0.10 and cel-python 0.5 were tried): both lack the type checker that finds mistakes when a
rule is written, optional selection (``a.?b``), and any limit on the work of a rule; one loses the type of unsigned
numbers on the way, the other knows neither equality across number types nor ``map`` with a condition. The engine of
regular expressions, on the other hand, is Go's (RE2), from Google's own package.

Nothing is imported before the first expression: a cluster without rules pays nothing.

Specifications: https://github.com/google/cel-spec/blob/master/doc/langdef.md,
https://kubernetes.io/docs/reference/using-api/cel/.
"""
