"""Apple's PassKit web service."""
