"""
walletpass: Apple Wallet and Google Wallet passes from one model.

    model = load_model("model.yaml")
    maker = PassMaker(model, KeySigner(AppleCredentials.from_files("pass.pem", "pass.key", intermediate="wwdr.pem")))
    data = maker.make("C-1", {"amount": "12.50 EUR"})
    assert not any(finding.severity == "error" for finding in verify(data))

Names load when they are first used: `import walletpass` itself is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from walletpass.apple.certificates import AppleCredentials
    from walletpass.apple.compile import AppleCompiler, WebService
    from walletpass.apple.compile.report import apple_report
    from walletpass.apple.folder import sign_folder
    from walletpass.apple.maker import PassMaker
    from walletpass.apple.passes import bundle_passes
    from walletpass.apple.signing import KeySigner, Signer
    from walletpass.apple.verify import Inspection, inspect, verify
    from walletpass.checking import check
    from walletpass.errors import WalletPassError
    from walletpass.files import dump_model, load_model, read_document, write_yaml
    from walletpass.findings import Finding, Severity, failed
    from walletpass.google import GoogleCompiler, GooglePass, SaveLink, ServiceAccount, save_link
    from walletpass.model import PassModel, Variable
    from walletpass.pictures import hashed_name, url_prefix
    from walletpass.preview import Drawing, draw_apple, draw_google
    from walletpass.report import LossEntry, LossReport
    from walletpass.samples import sample_values
    from walletpass.values import Color, LocalizedText, Money

__version__ = "0.1.0"

_HOMES = {
    "AppleCompiler": "walletpass.apple.compile",
    "AppleCredentials": "walletpass.apple.certificates",
    "Color": "walletpass.values",
    "Drawing": "walletpass.preview",
    "Finding": "walletpass.findings",
    "GoogleCompiler": "walletpass.google",
    "GooglePass": "walletpass.google",
    "Inspection": "walletpass.apple.verify",
    "KeySigner": "walletpass.apple.signing",
    "LocalizedText": "walletpass.values",
    "LossEntry": "walletpass.report",
    "LossReport": "walletpass.report",
    "Money": "walletpass.values",
    "PassMaker": "walletpass.apple.maker",
    "PassModel": "walletpass.model",
    "SaveLink": "walletpass.google",
    "ServiceAccount": "walletpass.google",
    "Severity": "walletpass.findings",
    "Signer": "walletpass.apple.signing",
    "Variable": "walletpass.model",
    "WalletPassError": "walletpass.errors",
    "WebService": "walletpass.apple.compile",
    "apple_report": "walletpass.apple.compile.report",
    "bundle_passes": "walletpass.apple.passes",
    "check": "walletpass.checking",
    "draw_apple": "walletpass.preview",
    "draw_google": "walletpass.preview",
    "dump_model": "walletpass.files",
    "failed": "walletpass.findings",
    "hashed_name": "walletpass.pictures",
    "inspect": "walletpass.apple.verify",
    "load_model": "walletpass.files",
    "read_document": "walletpass.files",
    "sample_values": "walletpass.samples",
    "save_link": "walletpass.google",
    "sign_folder": "walletpass.apple.folder",
    "url_prefix": "walletpass.pictures",
    "verify": "walletpass.apple.verify",
    "write_yaml": "walletpass.files",
}

__all__ = [
    "AppleCompiler",
    "AppleCredentials",
    "Color",
    "Drawing",
    "Finding",
    "GoogleCompiler",
    "GooglePass",
    "Inspection",
    "KeySigner",
    "LocalizedText",
    "LossEntry",
    "LossReport",
    "Money",
    "PassMaker",
    "PassModel",
    "SaveLink",
    "ServiceAccount",
    "Severity",
    "Signer",
    "Variable",
    "WalletPassError",
    "WebService",
    "apple_report",
    "bundle_passes",
    "check",
    "draw_apple",
    "draw_google",
    "dump_model",
    "failed",
    "hashed_name",
    "inspect",
    "load_model",
    "read_document",
    "sample_values",
    "save_link",
    "sign_folder",
    "url_prefix",
    "verify",
    "write_yaml",
]


def __getattr__(name: str) -> object:
    """Load a public name from where it lives."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'walletpass' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
