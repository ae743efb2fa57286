"""The weights of a linear classifier, quick to apply to one text at a time. Pure."""

from __future__ import annotations

import numpy as np
import scipy.sparse

# A feature with a weight for more than this share of the classes is kept as a whole row:
# that takes no more room than its weights with their places, and is four times as quick.
_FULL_FROM = 0.2


class LinearWeights:
    """Features x classes.

    Most features say something about a few classes only; the common ones ("pijn", two
    letters) about nearly all. The first are kept sparse, the second as rows.

    Args:
        weights: All of them.
    """

    def __init__(self, weights: scipy.sparse.csr_matrix):
        self._classes = weights.shape[1]
        filled = np.diff(weights.indptr)
        is_full = filled > _FULL_FROM * self._classes
        self._row_of = np.full(weights.shape[0], -1, dtype=np.int32)
        self._row_of[is_full] = np.arange(is_full.sum(), dtype=np.int32)
        self._rows = weights[is_full].toarray()
        is_kept = np.repeat(~is_full, filled)
        self._data = weights.data[is_kept]
        self._class_of = weights.indices[is_kept]
        self._begins = np.concatenate([[0], np.cumsum(np.where(is_full, 0, filled))])

    def sums(self, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
        """For each class the sum of values times weights.

        Args:
            columns: Which features a text has, each once.
            values: How much it has of each.
        """
        rows = self._row_of[columns]
        is_full = rows >= 0
        full = values[is_full].astype(self._rows.dtype) @ self._rows[rows[is_full]]
        return np.asarray(full + self._of_sparse(columns[~is_full], values[~is_full]))

    def _of_sparse(self, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
        begins = self._begins[columns]
        lengths = self._begins[columns + 1] - begins
        before = np.cumsum(lengths) - lengths
        places = np.arange(lengths.sum()) + np.repeat(begins - before, lengths)
        weights = self._data[places] * np.repeat(values, lengths)
        return np.bincount(self._class_of[places], weights=weights, minlength=self._classes)
