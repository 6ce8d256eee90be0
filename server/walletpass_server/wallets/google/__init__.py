"""Google Wallet: objects kept in step over its REST API."""
