"""Cluster-robust covariance that holds with few clusters: CR2 with Satterthwaite dof.

Residuals of a cluster are inflated by (I − H_j)^(−1/2), so that the sandwich is unbiased when the
model's own covariance is right (Bell & McCaffrey 2002, Survey Methodology 28:169; Pustejovsky &
Tipton 2018, JBES 36:672, eq. 6). The square root is taken of the rows whitened by the model,
which needs only each cluster's XᵀV⁻¹X: that root meets the same defining equation as theirs, and
equals it for independent rows. Clusters are the groups of the outermost level.
"""

from __future__ import annotations

import numpy as np

from analysis.models.mixed.batched import FloatArray, sum_by_group
from analysis.models.mixed.deviance import Evaluation
from analysis.models.mixed.encoding import ModelError
from analysis.models.mixed.statistics import Statistics


class ClusterRobust:
    """CR2 covariance of the fixed effects in the stored basis."""

    def __init__(self, statistics: Statistics, evaluation: Evaluation) -> None:
        """Gather every cluster's information and score."""
        x = statistics.encoding.fixed
        left = _left_by_cluster(statistics, evaluation)
        if left.shape[-1] < 2:
            raise ModelError("a cluster-robust covariance needs two clusters or more")
        information = np.moveaxis(left[np.ix_(x, x)], -1, 0)
        score = left[x, -1].T - information @ evaluation.beta
        self._root = np.linalg.cholesky(evaluation.inverse)
        hat = self._root.T @ information @ self._root
        values, vectors = np.linalg.eigh(0.5 * (hat + hat.swapaxes(1, 2)))
        values = np.clip(values, 0.0, 1.0)
        # A direction that one cluster alone determines has no residual to inflate.
        with np.errstate(divide="ignore"):
            inflate = np.where(1.0 - values > 1e-10, (1.0 - values) ** -0.5, 0.0)
        self._inflate = np.einsum("jab,jb,jcb->jac", vectors, inflate, vectors)
        self._hat = hat
        adjusted = np.einsum("jab,jb->ja", self._inflate, score @ self._root)
        self.covariance: FloatArray = self._root @ (adjusted.T @ adjusted) @ self._root.T
        self.n_clusters = left.shape[-1]

    def dof(self, contrasts: FloatArray) -> FloatArray:
        """Satterthwaite degrees of freedom, one per row of `contrasts`."""
        return np.array([self._dof(self._root.T @ contrast) for contrast in contrasts])

    def _dof(self, direction: FloatArray) -> float:
        """Moments of the quadratic form Σ (p_jᵀe)² under the working model."""
        tilted = self._inflate @ direction
        shared = np.einsum("jab,jb->ja", self._hat, tilted)
        own = np.einsum("ja,ja->j", tilted, shared)
        cross = np.einsum("ja,ja->j", shared, shared)
        moment = shared.T @ shared
        squares = ((own - cross) ** 2).sum() - (cross**2).sum() + (moment**2).sum()
        return float((own - cross).sum() ** 2 / squares)


def _left_by_cluster(statistics: Statistics, evaluation: Evaluation) -> FloatArray:
    """Cross-products of each cluster after its random effects are eliminated."""
    left = statistics.gram
    depths = [level.depth for level in statistics.encoding.levels]
    starts = [statistics.starts(depth) for depth in depths]
    for k, done in enumerate(evaluation.eliminations):
        left = left - np.einsum("qin,qjn->ijn", done.half, done.half)
        if k + 1 < len(starts):
            left = sum_by_group(left, np.searchsorted(starts[k], starts[k + 1]))
    return left
