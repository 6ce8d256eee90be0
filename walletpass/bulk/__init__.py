"""
Many passes at once: one for each row of a CSV file, on all cores, in flat memory.

    result = build_rows(model, "rows.csv", "passes", signer=source.signer)
    print(result.built, result.failed)

`table` reads the CSV, `chunk` makes passes, `pool` spreads them over processes, `journal` lets a stopped run go on.
"""

from walletpass.bulk.run import ERRORS, BulkResult, build_rows
from walletpass.bulk.table import Row, RowFault

__all__ = ["ERRORS", "BulkResult", "Row", "RowFault", "build_rows"]
