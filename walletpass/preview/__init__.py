"""
Pictures of passes as the wallets would show them, drawn from what gets signed or sent.

    from walletpass.preview import draw_apple
    picture = draw_apple(pass_json, files, language="fr")
    Path("front.svg").write_text(picture.svg)
    Path("front.png").write_bytes(picture.png(scale=2))

They are close to what Apple Wallet and Google Wallet show, in fonts that may be shipped, and no more exact than that:
both wallets lay passes out anew with each of their versions.
"""

from walletpass.preview.apple import draw_apple
from walletpass.preview.drawing import Drawing, sheet
from walletpass.preview.google import draw_google

__all__ = ["Drawing", "draw_apple", "draw_google", "sheet"]
