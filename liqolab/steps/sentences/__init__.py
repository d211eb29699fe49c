"""The sentences: one function a sentence, one module a family; and their wordings in other words and languages."""
