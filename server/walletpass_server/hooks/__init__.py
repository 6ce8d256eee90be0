"""
Events out: letters of the outbox spread to those who subscribed, and delivered in the order of each pass.

Spreading is one short transaction: letters in, a delivery for each subscriber out. Delivering is done for one endpoint
by one worker at a time, which holds the endpoint by a lease. docs/hooks.md says what subscribers can rely on.
"""
