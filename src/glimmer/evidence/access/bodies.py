"""The health bodies of guidance as tables of areas and of stand-in sites, for an answer without the large tables.

A whole body stands for one place, and its middle for a site. That shows the form of an answer and the order of size;
it says nothing of who within a body is reached, and no plan should be made by it.
"""

from functools import lru_cache

import numpy as np

from glimmer.evidence.access.inequality import place_in_ranking
from glimmer.evidence.access.tables import Areas, Sites
from glimmer.guidance.access import health_bodies

COARSE = "coarse: whole health bodies, each at the mean place of its adults"
"""Stands on every output that rests on these tables."""


@lru_cache
def body_areas() -> Areas:
    """Return one area for each health body, ranked within the nation by its adults in the most deprived fifth."""
    rows = health_bodies()
    adults = np.array([one.adults for one in rows], float)
    nation = np.array([one.nation for one in rows])
    deprived = np.array([one.share_most_deprived_fifth for one in rows])
    place = place_in_ranking(-deprived, adults, nation)
    code = np.array([one.code for one in rows])
    return Areas(
        code=code,
        name=np.array([one.name for one in rows]),
        lat=np.array([one.lat for one in rows]),
        lon=np.array([one.lon for one in rows]),
        adults=adults,
        health_body=code,
        nation=nation,
        district=np.full(len(rows), ""),
        imd_pct=place,
        imd_decile=np.clip(np.ceil(place * 10), 1, 10).astype(np.int64),
        # A whole body is neither rural nor urban.
        rural=np.full(len(rows), -1, np.int64),
        extra={},
    )


@lru_cache
def body_sites() -> Sites:
    """Return one stand-in site at the middle of each health body; its code is the body's and no ODS code of a site."""
    rows = health_bodies()
    code = np.array([one.code for one in rows])
    return Sites(
        code=code,
        name=np.array([f"middle of {one.name}" for one in rows]),
        lat=np.array([one.lat for one in rows]),
        lon=np.array([one.lon for one in rows]),
        kind=np.full(len(rows), "stand-in"),
        health_body=code,
        nation=np.array([one.nation for one in rows]),
        precision=np.full(len(rows), "mean place of the body's adults"),
        extra={},
    )
