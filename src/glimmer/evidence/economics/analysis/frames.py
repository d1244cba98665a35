"""The one place where a result becomes a data frame; polars is only loaded when somebody asks for one."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polars import DataFrame


def tidy(columns: Mapping[str, Any]) -> "DataFrame":
    """Return a polars frame of named columns of equal length; what is absent is null, not NaN."""
    from polars import DataFrame

    return DataFrame(dict(columns), nan_to_null=True)


def tidy_rows(rows: Sequence[Mapping[str, Any]]) -> "DataFrame":
    """Return a polars frame of rows that share their keys; every row is looked at to find the columns' types."""
    from polars import DataFrame

    return DataFrame(list(rows), infer_schema_length=None)
