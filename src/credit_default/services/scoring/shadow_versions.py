"""Find the versions that score a batch in the shadow: the former champion for a while, and the newest challengers."""

from dataclasses import dataclass

from credit_default.adapters.lake.snapshots import Snapshot, read_snapshot_rows
from credit_default.adapters.mlflow.model_versions import REPLACED_TAG, ModelVersion
from credit_default.adapters.tables.shadow_scores import list_shadow_months
from credit_default.data.contract.schema import STATEMENT_MONTH
from credit_default.gates.shadow.shadow_choice import (
    FormerChampion,
    choose_shadow_candidates,
)
from credit_default.services.context.data_origin import REAL
from credit_default.services.context.wiring import Wiring


@dataclass(frozen=True, slots=True)
class ShadowVersions:
    """The versions that may score one batch in the shadow, in their order.

    Attributes:
        former: The former champion, while its months last; empty after that.
        challengers: Registered after the champion, the newest first.
        challenger_limit: How many of the challengers are to score it.
    """

    former: tuple[ModelVersion, ...] = ()
    challengers: tuple[ModelVersion, ...] = ()
    challenger_limit: int = 0


def find_shadow_versions(
    wiring: Wiring, snapshot: Snapshot, *, champion_number: int
) -> ShadowVersions:
    """Return the versions that may score the batch in the shadow, beside this champion.

    Left out are versions with the champion's own digest, which would repeat its scores, and those that
    were trained on clients of another origin than the batch's.

    Raises:
        ServiceError: The registry or the lake does not answer.
    """
    versions = {version.number: version for version in wiring.registry.list_versions()}
    champion = versions.get(champion_number)
    if champion is None:
        return ShadowVersions()
    fit = {
        number: version
        for number, version in versions.items()
        if version.digest != champion.digest
        and version.tags.get("data_origin", REAL) == snapshot.origin.data_origin
    }
    former = _find_former_champion(wiring, champion)
    chosen = choose_shadow_candidates(
        fit.keys(),
        champion=champion_number,
        former=former,
        batch_months=_list_months(snapshot) if former else (),
        policy=wiring.settings.shadow,
    )
    return ShadowVersions(
        () if chosen.former is None else (fit[chosen.former],),
        tuple(fit[number] for number in chosen.challengers),
        chosen.limit,
    )


def _find_former_champion(wiring: Wiring, champion: ModelVersion) -> FormerChampion | None:
    replaced = champion.tags.get(REPLACED_TAG)
    if not replaced or not wiring.settings.shadow.former_months:
        return None
    months = list_shadow_months(wiring.lake, model_version=int(replaced))
    return FormerChampion(int(replaced), months)


def _list_months(snapshot: Snapshot) -> frozenset[str]:
    frames = read_snapshot_rows(snapshot, columns=(STATEMENT_MONTH,))
    return frozenset(month for rows in frames for month in rows[STATEMENT_MONTH].unique())
