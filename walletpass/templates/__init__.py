"""Templates: the rules each wallet sets, as data with its source. Never behaviour."""
