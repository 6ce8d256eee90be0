"""Apple Wallet: what a .pkpass is made of, made, signed and read back."""
