"""Train and register a model as it is usually written: pandas, scikit-learn, MLflow's own flavour, one script.

    python benchmarks/usual_path/train.py UCI_Credit_Card.csv FOLDER

The forest has the size of the project's default recipe. There is no contract, no gate, no fairness, no leak check, no
card. `benchmarks/training_time.py` runs it beside `credit-default train`.
"""

import sys
from pathlib import Path

import matplotlib as mpl
import mlflow
import pandas as pd
from mlflow.models import infer_signature
from sklearn.calibration import CalibrationDisplay
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    RocCurveDisplay,
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    roc_auc_score,
)
from sklearn.model_selection import cross_val_score, train_test_split

TARGET = "default.payment.next.month"
THRESHOLD = 0.5
SIZE = {
    "n_estimators": 100,
    "criterion": "entropy",
    "max_depth": 8,
    "min_samples_leaf": 40,
    "max_features": 0.2,
    "max_samples": 0.5,
}


def main() -> None:
    """Train, cross-validate, log and register."""
    data, folder = pd.read_csv(sys.argv[1]), Path(sys.argv[2]).resolve()
    inputs, target = data.drop(columns=["ID", TARGET]), data[TARGET]
    train, test, y_train, y_test = train_test_split(
        inputs, target, test_size=0.2, stratify=target, random_state=42
    )
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    mlflow.create_experiment("usual", artifact_location=(folder / "artifacts").as_uri())
    mlflow.set_experiment("usual")
    with mlflow.start_run():
        model = RandomForestClassifier(**SIZE, n_jobs=-1, random_state=42)
        folds = cross_val_score(model, train, y_train, cv=5, scoring="roc_auc")
        model.fit(train, y_train)
        probability = model.predict_proba(test)[:, 1]
        mlflow.log_params(SIZE)
        mlflow.log_metrics(
            {
                "cv_roc_auc": folds.mean(),
                "roc_auc": roc_auc_score(y_test, probability),
                "average_precision": average_precision_score(y_test, probability),
                "brier": brier_score_loss(y_test, probability),
                "log_loss": log_loss(y_test, probability),
                "accuracy": accuracy_score(y_test, probability > THRESHOLD),
                "f1": f1_score(y_test, probability > THRESHOLD),
            }
        )
        for name, display in {
            "roc": RocCurveDisplay.from_predictions(y_test, probability),
            "calibration": CalibrationDisplay.from_predictions(y_test, probability, n_bins=10),
            "confusion": ConfusionMatrixDisplay.from_predictions(y_test, probability > THRESHOLD),
        }.items():
            mlflow.log_figure(display.figure_, f"{name}.png")
        info = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(test, probability),
            input_example=test.head(5),
            registered_model_name="usual",
            serialization_format="cloudpickle",
        )
    mlflow.MlflowClient().set_registered_model_alias(
        "usual", "champion", str(info.registered_model_version)
    )


if __name__ == "__main__":
    mpl.use("agg")
    main()
