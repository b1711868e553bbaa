# mypy: ignore-errors
"""Boosted trees in their own environment: a training set in, the forecast of one month out.

Run by bench/load.py; imports nothing of this project. The file named first holds `seen`, `kw` and
`asked` (a row of features for each quarter); what is forecast is written to the second.
"""

import sys

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

UNKNOWN = -1.0  # a column of nothing but NaN is refused
told = np.load(sys.argv[1])
trees = HistGradientBoostingRegressor(
    max_iter=100, learning_rate=0.1, min_samples_leaf=40, l2_regularization=1.0, random_state=0
)
seen, asked = (np.nan_to_num(told[name], nan=UNKNOWN) for name in ("seen", "asked"))
trees.fit(seen, told["kw"])
np.save(sys.argv[2], trees.predict(asked))
