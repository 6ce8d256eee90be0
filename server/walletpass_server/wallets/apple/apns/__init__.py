"""
Pushes to iPhones: "something of this pass type changed, come and ask".

`client` is what the sender needs of a push service; `hardened` does it over aioapns; `reasons` says what each answer
asks for; `sender` empties the outbox.
"""
