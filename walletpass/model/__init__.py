"""PassModel: one design for both wallets, with fixed items, variables and one precise function."""

from walletpass.model.pass_model import PASS_TYPES, PassModel, PassType
from walletpass.model.text import Reference, Text
from walletpass.model.variables import Values, Variable

__all__ = ["PASS_TYPES", "PassModel", "PassType", "Reference", "Text", "Values", "Variable"]
