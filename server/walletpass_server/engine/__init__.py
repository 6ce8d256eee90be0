"""
The life of passes, kept: the library decides, the engine loads, stores and finds what is to be decided.

`state` reads passes from rows, `apply` stores Decisions. Everything of one cause is one transaction.
"""
