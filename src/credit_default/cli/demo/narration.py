"""What each step of the demo is for, in a sentence for somebody who answers for credit risk."""

from typing import Final

DATA: Final = "Statements of credit-card clients, month by month. Who defaulted is kept back until it would be known."
SERVERS: Final = (
    "Every act from here on is a run that Prefect records, and MLflow keeps each model."
)
KERNEL: Final = "Scoring is compiled to machine code once for this installation; the scores are the same without it."
TRAINING: Final = (
    "A model learns from months whose outcomes are known. It comes into use only if it meets every floor "
    "on clients that it never saw."
)
SCORING: Final = (
    "Each new month is scored and, before anybody can know who will default, compared with the clients "
    "that the model was tested on."
)
ALARM: Final = (
    "An alarm: these are no longer the clients that the model knows. In use, a person gets a message now, "
    "with what to do."
)
OUTCOMES: Final = (
    "Months later it is known who defaulted, and each estimate can be held against the truth."
)
JUDGING: Final = "For each month: did the model still tell good clients from bad ones, and did as many default as it expected?"
RETRAINING: Final = (
    "A challenger learns from all that is known by now. It replaces the champion only if it is better beyond "
    "chance on the same clients."
)
REPORTS: Final = "A page for each month shows the figures behind its verdicts."
LATE_OUTCOMES: Final = (
    "Each month is scored and compared with the clients that the model was tested on; who defaulted is known "
    "two months later, and a retraining runs when the policy asks for it."
)
