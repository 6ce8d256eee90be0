"""Matrix: Models and the Triggers between them; which Model a pass moves to, and on what."""

from walletpass.matrix.checks import check_matrix
from walletpass.matrix.draft import MatrixDraft
from walletpass.matrix.matrix import Matrix, lint_matrix

__all__ = ["Matrix", "MatrixDraft", "check_matrix", "lint_matrix"]
