"""Pictures of passes as the wallets would show them, drawn from what gets signed or sent."""
