"""A small package of a lender's own, as an installer leaves it in a folder: code, metadata, entry points."""

from pathlib import Path
from textwrap import dedent

NAME = "acme-credit"
FUNCTIONS = '''
    import numpy as np


    def burden(columns, *, cap=2.0):
        """Instalment over income, at most `cap`."""
        instalment, income = columns
        return np.minimum(instalment / np.maximum(income, 1.0), cap)


    def rank(columns):
        return np.argsort(np.argsort(columns[0]))


    def short(columns):
        return columns[0][1:]


    def failing(columns):
        raise RuntimeError("no table of rates")


    def positional(columns, cap):
        return columns[0]


    NUMBER = 3
'''
ESTIMATORS = '''
    import os  # a name that an artifact must not reach by this module
    import subprocess

    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline


    class Cap(TransformerMixin, BaseEstimator):
        """Caps each column at two quantiles, then standardises it; a missing value is the mean."""

        def __init__(self, share=0.01):
            self.share = share

        def fit(self, X, y=None):
            self.low_ = np.nanquantile(X, self.share, axis=0)
            self.high_ = np.nanquantile(X, 1 - self.share, axis=0)
            capped = np.clip(X, self.low_, self.high_)
            self.mean_ = np.nanmean(capped, axis=0)
            self.scale_ = np.maximum(np.nanstd(capped, axis=0), 1e-9)
            return self

        def transform(self, X):
            scaled = (np.clip(X, self.low_, self.high_) - self.mean_) / self.scale_
            return np.nan_to_num(scaled, nan=0.0)


    def build(*, seed, strength=1.0):
        return make_pipeline(
            Cap(), LogisticRegression(C=strength, max_iter=1000, random_state=seed)
        )


    def build_forest(*, seed, trees=10):
        return RandomForestClassifier(n_estimators=trees, max_depth=4, random_state=seed)


    def build_booster(*, seed):
        return HistGradientBoostingClassifier(max_iter=5, random_state=seed)


    class Constant(ClassifierMixin, BaseEstimator):
        """Gives every row a fixed probability; what subclasses spoil."""

        def fit(self, X, y):
            self.classes_ = np.unique(y)
            self.share_ = float(np.mean(y))
            return self

        def predict_proba(self, X):
            risk = np.full(len(X), self.share_)
            return np.column_stack([1 - risk, risk])


    class Unseeded(Constant):
        def fit(self, X, y):
            super().fit(X, y)
            self.share_ = float(np.random.default_rng().random())
            return self


    class Ranking(Constant):
        def predict_proba(self, X):
            risk = np.argsort(np.argsort(X[:, 0])) / len(X)
            return np.column_stack([1 - risk, risk])


    class Wild(Constant):
        def predict_proba(self, X):
            return super().predict_proba(X) * 3


    class OneColumn(Constant):
        def predict_proba(self, X):
            return super().predict_proba(X)[:, 1]


    class Flipped(Constant):
        def fit(self, X, y):
            super().fit(X, y)
            self.classes_ = self.classes_[::-1]
            return self


    class Failing(Constant):
        def fit(self, X, y):
            raise RuntimeError("no licence")


    class Closure(Constant):
        def fit(self, X, y):
            super().fit(X, y)
            self.rule_ = lambda row: row
            return self


    ODD = {
        name.__name__.lower(): name
        for name in (Unseeded, Ranking, Wild, OneColumn, Flipped, Failing, Closure)
    }


    def build_odd(*, seed, kind):
        return ODD[kind]()


    def build_text(*, seed):
        return "no estimator"
'''


def install_package(
    folder: Path, *, version: str = "1.0", code: str = FUNCTIONS, estimators: str = ESTIMATORS
) -> Path:
    """Write the package into the folder, which belongs on the path of modules; a second call replaces it."""
    package = folder / "acme_credit"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "features.py").write_text(dedent(code), encoding="utf-8")
    (package / "estimators.py").write_text(dedent(estimators), encoding="utf-8")
    for old in folder.glob("acme_credit-*.dist-info"):
        for file in old.iterdir():
            file.unlink()
        old.rmdir()
    metadata = folder / f"acme_credit-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version}\n", encoding="utf-8"
    )
    names = ["burden", "rank", "short", "failing", "positional", "NUMBER"]
    points = "".join(f"{name} = acme_credit.features:{name}\n" for name in names)
    (metadata / "entry_points.txt").write_text(
        f"[credit_default.features]\n{points}gone = acme_credit.nowhere:gone\n"
        "[credit_default.estimators]\n"
        "logit = acme_credit.estimators:build\n"
        "forest = acme_credit.estimators:build_forest\n"
        "booster = acme_credit.estimators:build_booster\n"
        "odd = acme_credit.estimators:build_odd\n"
        "text = acme_credit.estimators:build_text\n",
        encoding="utf-8",
    )
    return folder
