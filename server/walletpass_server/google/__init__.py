"""Google's door: callbacks and pictures."""
