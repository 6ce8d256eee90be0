"""The walletpass platform: the server that stands on the library."""
