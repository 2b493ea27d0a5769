"""Load a file as pandas or dlt do, in the environment of the peers: ``peer_load.py PEER FILE``; prints the seconds.

What is written is what their own first examples say. Their import is not counted.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from pathlib import Path
from urllib.parse import quote


def load_with_pandas(file: str) -> float:
    """``read_csv`` and ``to_sql``, with what they do by themselves."""
    import pandas as pd  # noqa: PLC0415  # the other peer does not need it
    import sqlalchemy  # noqa: PLC0415

    engine = sqlalchemy.create_engine("postgresql+psycopg2://")  # libpq reads the PG* variables
    began = time.perf_counter()
    pd.read_csv(file).to_sql("peer_export", engine, schema="bench", index=False)
    return time.perf_counter() - began


def load_with_dlt(file: str) -> float:
    """``pipeline.run`` with the rows of the file."""
    import dlt  # noqa: PLC0415

    def rows():  # noqa: ANN202  # its type is dlt's to know
        with Path(file).open(encoding="utf-8-sig", newline="") as lines:
            yield from csv.DictReader(lines)

    host, user, database = (quote(os.environ[name], safe="") for name in ("PGHOST", "PGUSER", "PGDATABASE"))
    destination = dlt.destinations.postgres(f"postgresql://{user}:unused@{host}:5432/{database}")
    pipeline = dlt.pipeline("bench", destination=destination, dataset_name="bench", pipelines_dir=os.environ["PLACE"])
    began = time.perf_counter()
    pipeline.run(rows(), table_name="peer_export")
    return time.perf_counter() - began


if __name__ == "__main__":
    print({"pandas": load_with_pandas, "dlt": load_with_dlt}[sys.argv[1]](sys.argv[2]))
