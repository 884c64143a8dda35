"""Writes golden/tables: one table as Parquet, in the packings and types that pandas, Spark and Hugging Face write. Needs pyarrow.

Run: python test/keras/tables.py
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = Path(__file__).parent / "golden" / "tables"
IMAGES = Path(__file__).parent / "golden" / "images" / "folder"


def main():
    FOLDER.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    count = 12
    files = ["ant/10.png", "ant/9.png", "bee/b.jpg"]
    table = pa.table({
        "height": pa.array(np.round(rng.normal(size=count), 3), pa.float64()),
        "weight": pa.array(np.arange(count) * 0.5, pa.float32()),
        "age": pa.array(np.arange(count) * 7 - 5, pa.int64()),
        "well": pa.array(np.arange(count) % 3 == 0),
        "kind": pa.array([("pear", "apple", "fig")[i % 3] for i in range(count)]).dictionary_encode(),
        "features": pa.array([[i, i + 0.5, -i] for i in range(count)], pa.list_(pa.float32())),
        "picture": pa.array([{"bytes": (IMAGES / files[i % 3]).read_bytes(), "path": f"{i}.png"} for i in range(count)]),
        "gap": pa.array([None if i == 4 else i for i in range(count)], pa.int32()),
    })
    for packing in ("snappy", "zstd", "gzip"):
        pq.write_table(table, FOLDER / f"{packing}.parquet", compression=packing, row_group_size=5, data_page_version="2.0" if packing == "zstd" else "1.0")


main()
