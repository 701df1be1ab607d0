"""S8: sessions that fail one after another."""

from __future__ import annotations

from dataclasses import dataclass, replace

from anomalies.detectors.base import moment
from anomalies.detectors.connector.state import ConnectorState
from anomalies.detectors.kinds import found
from anomalies.detectors.summaries import SessionSummary
from anomalies.detectors.thresholds import Thresholds, bounded
from anomalies.types import Finding, Relation
from sessions_app.registers import epoch_ms

_MILLION = 1_000_000
# A Beta prior of the network's own rate: a fifth of all sessions stays under 0.5 kWh.
_PRIOR_BAD, _PRIOR_GOOD = 1, 4
_FADES_AT = 200
_REMEMBERED = 12


@dataclass(frozen=True, slots=True)
class S8Thresholds:
    """How unlikely a run has to be by the connector's own rate, in millionths."""

    rare_ppm: int = bounded(45_000, 1_000, 200_000)
    never_ppm: int = bounded(350_000, 100_000, 1_000_000)
    run: int = bounded(2, 2, 5)
    certain_tags: int = bounded(3, 2, 5)
    one_tag: int = bounded(3, 2, 10)
    one_tag_s: int = bounded(900, 300, 3_600)


def follow_failures(
    state: ConnectorState, summary: SessionSummary, thresholds: Thresholds
) -> tuple[ConnectorState, Finding | None]:
    """Two in a row by two tags that are rare by the connector's own rate, three tags, or one tag
    three times in 15 minutes. Real data: a failure follows a failure of another driver in 42 %,
    a good session in 11 %, and own rates run from 7 to 62 % (catalogue 2.1).
    """
    chosen = thresholds.of(S8Thresholds)
    if summary.is_good:
        good, bad = _faded(state.good + 1, state.bad + len(state.bad_run))
        return replace(state, good=good, bad=bad, bad_run=(), run_is_reported=False), None
    run = (*state.bad_run, (epoch_ms(summary.started_at), summary.token_number))
    state = replace(state, bad_run=run[-_REMEMBERED:])
    cause = _cause(state, chosen)
    if cause is None or state.run_is_reported:
        return state, None
    return replace(state, run_is_reported=True), found(
        "S8",
        cause,
        observed=len(state.bad_run),
        expected=chosen.run - 1,
        relation=Relation.AT_MOST,
        since_at=moment(state.bad_run[0][0]),
        at=summary.ended_at,
        tags=len({tag for _, tag in state.bad_run}),
        own_rate_permille=_rate_permille(state),
    )


def _cause(state: ConnectorState, chosen: S8Thresholds) -> str | None:
    run = state.bad_run
    tags = len({tag for _, tag in run})
    chance = _chance_ppm(state, len(run))
    if tags >= 2 and len(run) >= chosen.run:
        is_sure = tags >= chosen.certain_tags and chance <= chosen.never_ppm
        if is_sure or chance <= chosen.rare_ppm:
            return "in_a_row"
    last_ms, last_tag = run[-1]
    from_ms = last_ms - chosen.one_tag_s * 1_000
    recent = sum(tag == last_tag and at_ms >= from_ms for at_ms, tag in run)
    return "one_tag" if recent >= chosen.one_tag and chance <= chosen.rare_ppm else None


def _chance_ppm(state: ConnectorState, count: int) -> int:
    """The chance of so many failures in a row, Beta-binomial with the connector's own counts."""
    chance = _MILLION
    for index in range(count):
        bad = state.bad + _PRIOR_BAD + index
        chance = chance * bad // (state.bad + state.good + _PRIOR_BAD + _PRIOR_GOOD + index)
    return chance


def _rate_permille(state: ConnectorState) -> int:
    return 1_000 * (state.bad + _PRIOR_BAD) // (state.bad + state.good + _PRIOR_BAD + _PRIOR_GOOD)


def _faded(good: int, bad: int) -> tuple[int, int]:
    """Counts that forget: what is older than some 200 sessions weighs half."""
    return (good // 2, bad // 2) if good + bad > _FADES_AT else (good, bad)
