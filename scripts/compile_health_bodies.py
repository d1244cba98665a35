"""Compile `guidance/access/bodies.toml`, the 68 health bodies of the UK, from the public tables of small areas.

    .venv/bin/python scripts/compile_health_bodies.py AREAS.parquet

AREAS holds one row per area with the columns code, country, lat, lon, adults, share_adults_q1, rural_urban,
health_body, health_body_name. docs/access.md says where the public originals are. What is written is facts alone:
sums, shares and means over the areas of each body. Run it again when a census, an index or the bodies change.
"""

import sys
from pathlib import Path
from typing import Any

import polars as pl

OUT = Path(__file__).parents[1] / "src" / "glimmer" / "guidance" / "access" / "bodies.toml"
SOURCES = {
    "England": (
        "Census 2021 adults by LSOA (ONS), IoD 2025 (MHCLG), ICBs of 2024 (ONS), rural-urban classification 2021 (ONS)",
        "2021 to 2025",
    ),
    "Wales": (
        "Census 2021 adults by LSOA (ONS), WIMD 2019 (Welsh Government), health boards of 2022 (ONS), "
        "rural-urban classification 2021 (ONS)",
        "2019 to 2022",
    ),
    "Scotland": (
        "Census 2022 adults by Data Zone (NRS), SIMD 2020 and urban-rural classification (Scottish Government), "
        "health boards of 2019 (PHS)",
        "2019 to 2022",
    ),
    "Northern Ireland": (
        "Mid-2019 population by SOA (NISRA) less the under-18s, worked out of the under-16s; "
        "NIMDM 2017 and HSC trusts (NISRA)",
        "2017 to 2019",
    ),
}
HEAD = """# The 68 bodies that plan care in the UK. Written by scripts/compile_health_bodies.py: change that and run it.
# Contains public sector information licensed under the Open Government Licence v3.0: ONS, NISRA, National Records of
# Scotland, MHCLG, Welsh Government, Scottish Government, NHS England.

evidence = "source"
"""


def bodies(areas: pl.DataFrame) -> pl.DataFrame:
    """Return one row per health body: adults, shares and the mean place of its adults."""
    weight = pl.col("adults")

    def mean(of: pl.Expr) -> pl.Expr:
        return (of * weight).sum() / weight.filter(of.is_not_null()).sum()

    rural = (pl.col("rural_urban") == "Rural").cast(pl.Float64)
    found = areas.group_by("country", "health_body", "health_body_name").agg(
        weight.sum().alias("people"),
        mean(pl.col("share_adults_q1")).alias("most_deprived"),
        pl.when(rural.is_not_null().any()).then(mean(rural)).alias("rural"),
        mean(pl.col("lat")).alias("mean_lat"),
        mean(pl.col("lon")).alias("mean_lon"),
    )
    return found.sort(pl.col("country").replace_strict({name: at for at, name in enumerate(SOURCES)}), "health_body")


def as_toml(row: dict[str, Any]) -> str:
    """Return one body as a TOML table."""
    source, edition = SOURCES[row["country"]]
    lines = [
        "[[bodies]]",
        f'code = "{row["health_body"]}"',
        f'name = "{row["health_body_name"]}"',
        f'nation = "{row["country"]}"',
        f"adults = {row['people']}",
        f"share_most_deprived_fifth = {row['most_deprived']:.4f}",
        *([] if row["rural"] is None else [f"share_rural = {row['rural']:.4f}"]),
        f"lat = {row['mean_lat']:.4f}",
        f"lon = {row['mean_lon']:.4f}",
        f'source = "{source}"',
        f'edition = "{edition}"',
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the table of areas and write the file."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    rows = bodies(pl.read_parquet(sys.argv[1])).to_dicts()
    OUT.write_text("\n".join([HEAD, *map(as_toml, rows)]), encoding="utf-8")
    print(f"{len(rows)} health bodies in {OUT}")


if __name__ == "__main__":
    main()
