"""Three-level meta-analysis: effects within studies, through the house's mixed-model engine.

    from analysis.models import meta
    meta.meta(effects, "yi ~ 1").figure          # forest plot, sentence, table
    meta.fit(effects, "yi ~ np.log(1 + weeks)").tidy()

Model, checks and figures: docs/growth_and_meta.md.
"""

from analysis.models.meta.fit import MetaFit, fit
from analysis.models.meta.result import meta

__all__ = ["MetaFit", "fit", "meta"]
