"""Powers that neighbours report, limited to those the meter explains.

The meter is the truth. A report is limited first by the capacity of the asset and the connection,
then by the meter's value for the whole house, and, for the allocation, by its grant: a neighbour
that takes more than its grant counts as load of the house with the rest, whether it disobeys or
lies. So a false report never frees power for another asset.

Pure; kW, positive into the asset; times are seconds of a steady clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from base import messages
from base.language import phrase
from base.text import spoken

OWN_SHARE, OWN_KW = 1.2, 0.3
"""Factor by which an asset may exceed its maximum: voltage is above nominal, meters round."""
TOLERANCE_KW = 0.5
"""A neighbour is named when its report exceeds the explained power by more than this."""
LAG_S = 10.0
"""A report that is refreshed each 5 s may lag the meter by this time before it is named."""
FALL_S = 30.0
"""An asset is at a grant that fell within this time."""
GAP_S = 10.0
SETTLE_S, NEWCOMERS, NEWCOMERS_IN_S = 60.0, 2, 900.0
"""In the first minute of grants all new neighbours are believed once, later this many a quarter
hour."""
Key = tuple[str, str]
Powers = Mapping[Key, float]
Needs = Mapping[str, messages.Need]


def powers(needs: Needs) -> dict[Key, float]:
    """The power of each asset that reports one; of a peer without assets under its own name."""
    found: dict[Key, float] = {}
    for peer, need in needs.items():
        for each in need.assets or (need,):
            if each.power_kw is not None:
                found[peer, each.name] = each.power_kw
    return found


def with_powers(needs: Needs, kw: Powers) -> Needs:
    """The needs with these powers in the place of those reported."""
    return {name: _with_power(need, kw) for name, need in needs.items()}


def within_own(need: messages.Need, connection_kw: float) -> tuple[messages.Need, str]:
    """The need with each power inside the capacity of its asset and the connection; the first
    violation, in a sentence."""
    reported, able = powers({need.name: need}), _able(need)
    kept: dict[Key, float] = {}
    sentence = ""
    for key, kw in reported.items():
        kept[key] = _inside(kw, *able.get(key, (-connection_kw, connection_kw)))
        kept[key] = _inside(kept[key], -connection_kw, connection_kw)
        if kept[key] != kw and not sentence:
            sentence = phrase(
                "{owner} reports {kw}, more than its maximum: {kept} is counted for it, the"
                " rest as house load",
                owner=_owner(key),
                kw=_kw(kw),
                kept=_kw(kept[key]),
            )
    return (_with_power(need, kept), sentence) if sentence else (_capped(need, connection_kw), "")


@dataclass(frozen=True, slots=True)
class Explained:
    """The powers that the meter explains, and each peer that reports more, with its start."""

    kw: Powers = field(default_factory=dict)
    since_s: Mapping[str, float] = field(default_factory=dict)
    named: tuple[str, ...] = ()


def explained(
    before: Explained, reported: Powers, net_kw: float, roof_kw: float, now_s: float
) -> Explained:
    """The reports within the meter's power (`net_kw`) and the possible power of the roof.

    Power that the meter explained before stays; later increases share the rest.
    """
    rising = {key: kw for key, kw in reported.items() if kw > 0}
    given_kw = -sum(min(0.0, kw) for kw in reported.values())
    budget_kw = max(0.0, net_kw + roof_kw + given_kw)
    kept = {key: min(kw, max(0.0, before.kw.get(key, 0.0))) for key, kw in rising.items()}
    more = {key: kw - kept[key] for key, kw in rising.items()}
    kept_share = _share(budget_kw, kept.values())
    more_share = _share(budget_kw - kept_share * sum(kept.values()), more.values())
    kw = {**reported, **{k: kept_share * kept[k] + more_share * more[k] for k in rising}}
    beyond = {
        key[0] for key, each in reported.items() if each - kw[key] > max(TOLERANCE_KW, each / 10)
    }
    since_s = {peer: before.since_s.get(peer, now_s) for peer in sorted(beyond)}
    named = tuple(peer for peer, at_s in since_s.items() if now_s - at_s >= LAG_S)
    return Explained(kw, since_s, named)


def balanced(kw: Powers, net_kw: float, roof_kw: float) -> Powers:
    """The powers, limited so that consumption is at most the power on the meter plus that of the
    roof and the other assets."""
    given_kw = -sum(min(0.0, each) for each in kw.values())
    part = _share(net_kw + roof_kw + given_kw, (each for each in kw.values() if each > 0))
    return {key: each * part if each > 0 else each for key, each in kw.items()}


def unexplained(before: Explained, after: Explained, reported: Powers) -> list[str]:
    """Sentences that name new reports of more power than the meter shows."""
    return [
        phrase(
            "{peer} reports {kw}, which the meter does not show: {shown} is counted",
            peer=spoken(peer),
            kw=_kw(_of(peer, reported)),
            shown=_kw(_of(peer, after.kw)),
        )
        for peer in after.named
        if peer not in before.named
    ]


@dataclass(frozen=True, slots=True)
class Granted:
    """Recent grants of each neighbour: time, and the sums of charge and of discharge.

    `began_s` is since when there are grants without a gap; `newcomers_s` when one was believed.
    """

    recent: Mapping[str, tuple[tuple[float, float, float], ...]] = field(default_factory=dict)
    began_s: float = 0.0
    last_s: float | None = None
    newcomers_s: tuple[float, ...] = ()

    def met(self, reported: Powers, now_s: float) -> "Granted":
        """Add new neighbours, whose first report counts as granted."""
        known = self
        if known.last_s is None or now_s - known.last_s > GAP_S:
            known = Granted(began_s=now_s, newcomers_s=known.newcomers_s)
        recent = dict(known.recent)
        lately = tuple(at for at in known.newcomers_s if now_s - at < NEWCOMERS_IN_S)
        for peer in sorted({peer for peer, _ in reported} - recent.keys()):
            believed = now_s - known.began_s < SETTLE_S
            if not believed and len(lately) < NEWCOMERS:
                believed, lately = True, (*lately, now_s)
            own = [kw for key, kw in reported.items() if key[0] == peer and believed]
            recent[peer] = ((now_s, *_sums(own)),)
        return replace(known, recent=recent, newcomers_s=lately, last_s=now_s)

    def then(self, kw: Powers, now_s: float) -> "Granted":
        """After these grants, by asset."""
        recent = {
            peer: told for peer, told in self.recent.items() if now_s - told[-1][0] < NEWCOMERS_IN_S
        }
        for peer in {peer for peer, _ in kw}:
            sums = _sums(each for key, each in kw.items() if key[0] == peer)
            told = (*recent.get(peer, ()), (now_s, *sums))
            recent[peer] = tuple(each for each in told if now_s - each[0] <= FALL_S)
        return replace(self, recent=recent, last_s=now_s)

    def obeyed(self, reported: Powers) -> Powers:
        """The powers within their grants; the rest is load of the house."""
        kw: dict[Key, float] = {}
        for peer in {peer for peer, _ in reported}:
            own = {key: each for key, each in reported.items() if key[0] == peer}
            told = self.recent.get(peer, ())
            most_kw = _loose(max((up for _, up, _ in told), default=0.0))
            least_kw = _loose(max((-down for _, _, down in told), default=0.0))
            up = _share(most_kw, (max(0.0, each) for each in own.values()))
            down = _share(least_kw, (max(0.0, -each) for each in own.values()))
            kw |= {key: each * (up if each > 0 else down) for key, each in own.items()}
        return kw


def _able(need: messages.Need) -> dict[Key, tuple[float, float]]:
    """The power range of each asset that reports one; a paused asset reports none."""
    ranges: dict[Key, tuple[float, float]] = {}
    takers: tuple[messages.CarNeed | messages.LoadNeed, ...] = (*need.cars, *need.loads)
    for taker in takers:
        if taker.most_kw:
            ranges[need.name, taker.name] = 0.0, taker.most_kw
    for each in need.batteries:
        if able_kw := max(each.charge_kw, each.discharge_kw):
            ranges[need.name, each.name] = -able_kw, able_kw
    if not need.assets and need.most_kw:
        ranges[need.name, need.name] = -need.most_kw, need.most_kw
    return ranges


def _inside(kw: float, least_kw: float, most_kw: float) -> float:
    """The power, or the end of the range that it is clearly beyond."""
    if kw > most_kw * OWN_SHARE + OWN_KW:
        return most_kw
    return least_kw if kw < least_kw * OWN_SHARE - OWN_KW else kw


def _capped(need: messages.Need, most_kw: float) -> messages.Need:
    """The need with the sum that a peer reports beside its assets inside the connection too."""
    if need.power_kw is None or not need.assets:
        return need
    return need.model_copy(update={"power_kw": _inside(need.power_kw, -most_kw, most_kw)})


def _loose(kw: float) -> float:
    """A grant as the limit of a device."""
    return kw + max(OWN_KW, kw / 10)


def _with_power(need: messages.Need, kw: Powers) -> messages.Need:
    if not need.assets:
        return need.model_copy(update={"power_kw": kw.get((need.name, need.name), need.power_kw)})
    told = need.with_assets(
        each.model_copy(update={"power_kw": kw.get((need.name, each.name), each.power_kw)})
        for each in need.assets
    )
    known = [each.power_kw for each in told.assets if each.power_kw is not None]
    return told.model_copy(update={"power_kw": sum(known) if known else need.power_kw})


def _share(most_kw: float, kw: Iterable[float]) -> float:
    """The part of these, all positive, that fits."""
    total_kw, most_kw = sum(kw), max(0.0, most_kw)
    return 1.0 if total_kw <= most_kw else most_kw / total_kw


def _sums(kw: Iterable[float]) -> tuple[float, float]:
    each = list(kw)
    return sum(max(0.0, one) for one in each), sum(min(0.0, one) for one in each)


def _of(peer: str, kw: Powers) -> float:
    return sum(each for key, each in kw.items() if key[0] == peer)


def _owner(key: Key) -> str:
    return spoken(key[0]) if key[0] == key[1] else key[1]


def _kw(kw: float) -> str:
    return f"{kw:.2f} kW" if abs(kw) < 1e6 else f"{kw:.1e} kW"
