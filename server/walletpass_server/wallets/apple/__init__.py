"""Apple Wallet: bundles handed over, pushes sent."""
