"""The public data set as the CSV that people pass around, made from what `make demo` has put into the cache.

Run by path: `runpy.run_path(".../public_csv.py")["write_public_csv"]`.
"""

import re

import polars as pl

HEADER = [
    *("ID", "LIMIT_BAL", "SEX", "EDUCATION", "MARRIAGE", "AGE"),
    *("PAY_0", "PAY_2", "PAY_3", "PAY_4", "PAY_5", "PAY_6"),
    *(f"BILL_AMT{month}" for month in range(1, 7)),
    *(f"PAY_AMT{month}" for month in range(1, 7)),
    "default.payment.next.month",
]


def write_public_csv(cached, path):
    """Byte for byte as R once wrote it, whose digest a test knows: 1e+05 for 100000, CRLF, and none after the last row."""
    rows = pl.read_parquet(cached).drop("statement_month").cast(pl.Int64).sort("client_id")
    text = rows.write_csv(include_header=False, line_terminator="\r\n")
    for power in (5, 6):
        text = re.sub(rf"(?<=,)(-?[1-9])0{{{power}}}(?=,)", rf"\1e+0{power}", text)
    header = ",".join(f'"{name}"' for name in HEADER)
    path.write_bytes(f"{header}\r\n{text}".removesuffix("\r\n").encode())
    return path
