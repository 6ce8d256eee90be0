"""walletpass: Apple Wallet and Google Wallet passes from one model."""

__version__ = "0.1.0"
