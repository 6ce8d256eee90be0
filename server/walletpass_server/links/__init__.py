"""Links and landing pages."""
