"""A linear program, gathered in arrays and solved by HiGHS: the same answer for the same input.

Pure but for the solver itself, which is imported when first used: without highspy NoSolverError.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FREE = float("inf")
TIME_LIMIT_S = 5.0
DEVEX = 1
"""Dual simplex with these weights, unpresolved, is the quickest on a week's plan."""


class NoSolverError(Exception):
    """highspy is missing or gave no answer; the text names which."""


@dataclass(frozen=True, slots=True)
class Solved:
    """`x` is each column's value, `worth` the saving by one more unit on each row's right side."""

    x: Floats
    worth: Floats
    cost: float


@dataclass(slots=True, kw_only=True)
class Program:
    """Minimise cost over columns between bounds, with rows between bounds."""

    costs: list[Floats] = field(default_factory=list)
    lowers: list[Floats] = field(default_factory=list)
    uppers: list[Floats] = field(default_factory=list)
    row_lowers: list[Floats] = field(default_factory=list)
    row_uppers: list[Floats] = field(default_factory=list)
    entries: list[tuple[Ints, Ints, Floats]] = field(default_factory=list)
    columns: int = 0
    rows: int = 0

    def column(
        self, count: int, cost: ArrayLike = 0.0, lower: ArrayLike = 0.0, upper: ArrayLike = FREE
    ) -> Ints:
        """`count` more columns; their indices."""
        for kept, value in ((self.costs, cost), (self.lowers, lower), (self.uppers, upper)):
            kept.append(np.broadcast_to(np.asarray(value, dtype=float), (count,)))
        self.columns += count
        return np.arange(self.columns - count, self.columns)

    def row(self, count: int, lower: ArrayLike, upper: ArrayLike) -> Ints:
        """`count` more rows; their indices."""
        self.row_lowers.append(np.broadcast_to(np.asarray(lower, dtype=float), (count,)))
        self.row_uppers.append(np.broadcast_to(np.asarray(upper, dtype=float), (count,)))
        self.rows += count
        return np.arange(self.rows - count, self.rows)

    def put(self, rows: ArrayLike, columns: ArrayLike, value: ArrayLike) -> None:
        """`value` is at each (row, column); single values are repeated."""
        row, column, number = np.broadcast_arrays(rows, columns, np.asarray(value, dtype=float))
        self.entries.append((row.astype(np.int64), column.astype(np.int64), number))

    def bind(self, columns: Ints, lower: float = 0.0, *, upper: float) -> None:
        """These columns lie between other bounds from now on."""
        lowers, uppers = np.concatenate(self.lowers), np.concatenate(self.uppers)
        lowers[columns], uppers[columns] = lower, upper
        self.lowers, self.uppers = [lowers], [uppers]

    def solve(
        self, method: str = "simplex", limit_s: float = TIME_LIMIT_S, presolve: str = "off"
    ) -> Solved:
        """The optimum. NoSolverError without highspy, past the time limit, or without a
        solution."""
        try:
            import highspy
        except ImportError:
            raise NoSolverError("highspy is not installed") from None
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in (
            ("output_flag", False),
            ("threads", 1),
            ("random_seed", 0),
            ("solver", method),
            ("simplex_dual_edge_weight_strategy", DEVEX),
            ("presolve", presolve),
            ("time_limit", limit_s),
        ):
            solver.setOptionValue(name, value)
        solver.passModel(self._model(highspy))
        solver.run()
        status = solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise NoSolverError(f"HiGHS says {solver.modelStatusToString(status).lower()}")
        found = solver.getSolution()
        return Solved(
            np.array(found.col_value), -np.array(found.row_dual), solver.getObjectiveValue()
        )

    def _model(self, highspy: Any) -> Any:
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = self.columns, self.rows
        model.col_cost_ = np.concatenate(self.costs)
        model.col_lower_ = np.concatenate(self.lowers)
        model.col_upper_ = np.concatenate(self.uppers)
        model.row_lower_ = np.concatenate(self.row_lowers)
        model.row_upper_ = np.concatenate(self.row_uppers)
        rows, columns, values = (np.concatenate(part) for part in zip(*self.entries, strict=True))
        order = np.lexsort((columns, rows))
        matrix = model.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.num_col_, matrix.num_row_ = self.columns, self.rows
        matrix.start_ = np.searchsorted(rows[order], np.arange(self.rows + 1)).astype(np.int32)
        matrix.index_ = columns[order].astype(np.int32)
        matrix.value_ = values[order]
        return model
