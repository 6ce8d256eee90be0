"""The HTTP API of connectors."""
