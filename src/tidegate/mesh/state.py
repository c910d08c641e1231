"""What should be so on a mesh, as values, and the pure steps from one state to the next.

A service is in one of three shapes, which is all that a safe rollout needs:

    one version      stable                      every request goes to it
    two versions     stable + canary, `weight`   `weight` of `TOTAL` goes to the canary
    one version      stable := canary            after the old one was retired; `retired` can come back

Each step is a function from a state to a state. It answers with the same state when the effect is there
already (so that repeating is harmless) and raises `EffectFailed` when the effect cannot come about from here.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

from tidegate.core.errors import EffectFailed
from tidegate.core.gates.evidence import VersionedService
from tidegate.core.ids import RolloutId, ServiceName, StepId, Version

FORMAT: Final = 1

# Shares are counted in ten-thousandths, always of the same total: users keep their side when a weight moves.
TOTAL: Final = 10_000

# Fences of finished rollouts are kept so that their late commands are still recognised; the newest so many.
FENCES: Final = 50

Lane = tuple[ServiceName, Version]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One version of one service: what it is made from and where it listens.

    `latency_ms` is the threshold its release asked for, above which an answer is slow.
    """

    version: Version
    artifact: str
    digest: str
    port: int
    behaviour: Mapping[str, Any]
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """The newest command of one rollout that a service obeyed; `summary` once it is done."""

    attempt: int
    step: StepId
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """One service: which versions run, how traffic is shared, who holds it and what it last obeyed.

    `egress` has the port of every version that ever called through Envoy: a listener outlives its version,
    because its counters would otherwise begin again at zero when the version comes back.
    """

    name: ServiceName
    timeout: float
    latency_ms: float | None
    stable: Instance
    canary: Instance | None = None
    weight: int = 0
    retired: Instance | None = None
    lanes: tuple[Lane, ...] = ()
    salt: str = ""
    holder: RolloutId | None = None
    egress: Mapping[Version, int] = field(default_factory=dict)
    fences: Mapping[RolloutId, Fence] = field(default_factory=dict)

    @property
    def live(self) -> tuple[Instance, ...]:
        """The versions that run, canary first."""
        return (self.canary, self.stable) if self.canary else (self.stable,)

    @property
    def threshold_ms(self) -> float | None:
        """Above how many milliseconds an answer is slow; the same for both versions while two run."""
        asked = (instance.latency_ms for instance in self.live)
        return next((value for value in asked if value is not None), self.latency_ms)

    def runs(self, version: Version) -> bool:
        """Whether that version is live."""
        return any(instance.version == version for instance in self.live)

    def share(self, version: Version) -> int:
        """The share of `TOTAL` that goes to a version by weight."""
        if self.canary and version == self.canary.version:
            return self.weight
        return TOTAL - self.weight if version == self.stable.version else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Envoy's own ports on the loopback address."""

    admin: int
    ingress: int
    probe: int

    @property
    def all(self) -> tuple[int, ...]:
        """Every port here."""
        return (self.admin, self.ingress, self.probe)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The whole mesh; `generation` rises with every change and names the configuration made from it.

    With `tap` a share of the calls can be looked at (`mesh.tap`). `tracing` is the share of traces that are recorded,
    if any are; they go to the port `collector` on the loopback address, if somebody listens.
    """

    generation: int
    entry: ServiceName
    ports: Ports
    access_log: bool
    services: Mapping[ServiceName, ServiceState]
    load: Mapping[str, Any] | None = None
    source: str = ""
    tap: bool = False
    tracing: float | None = None
    collector: int | None = None

    @property
    def instances(self) -> Mapping[str, tuple[ServiceState, Instance]]:
        """Every version that should run, by the name of its process and cluster (`payments@2.0.0`)."""
        return {
            process_name(service.name, instance.version): (service, instance)
            for service in self.services.values()
            for instance in service.live
        }

    @property
    def ports_in_use(self) -> frozenset[int]:
        """Every port given out so far."""
        taken = set(self.ports.all)
        for service in self.services.values():
            taken |= set(service.egress.values()) | {instance.port for instance in service.live}
            taken |= {service.retired.port} if service.retired else set()
        return frozenset(taken)

    def with_service(self, service: ServiceState) -> "State":
        """The state with one service changed: a generation on, unless only its notes (fences) changed."""
        known = self.services[service.name]
        if replace(known, fences=service.fences) == service:
            return replace(self, services={**self.services, service.name: service})
        return replace(
            self, generation=self.generation + 1, services={**self.services, service.name: service}
        )


def process_name(service: ServiceName, version: Version) -> str:
    """How a version is called wherever it shows: process, cluster, listener, caller."""
    return str(VersionedService(service=service, version=version))


def salt_for(rollout: RolloutId, service: ServiceName) -> str:
    """Makes the choice of users independent between rollouts and between the hops of one rollout."""
    return sha256(f"{rollout}/{service}".encode()).hexdigest()[:16]


def weight_of(exposure: float) -> int:
    """A share of one in parts of `TOTAL`."""
    return round(min(max(exposure, 0.0), 1.0) * TOTAL)


# -- fencing -------------------------------------------------------------------------------------------------


def hold(service: ServiceState, rollout: RolloutId) -> ServiceState:
    """The service held by a rollout, or an error that names who holds it."""
    if service.holder not in (None, rollout):
        raise EffectFailed(f"{service.name} is held by rollout {service.holder}; {rollout} must wait for it")
    return replace(service, holder=rollout, salt=salt_for(rollout, service.name))


def with_fence(service: ServiceState, rollout: RolloutId, fence: Fence) -> ServiceState:
    """The service remembering a command; of old rollouts only the newest `FENCES` stay."""
    others = {name: known for name, known in service.fences.items() if name != rollout}
    kept = dict(list(others.items())[-(FENCES - 1) :])
    return replace(service, fences={**kept, rollout: fence})


# -- deploy --------------------------------------------------------------------------------------------------


def deploy(service: ServiceState, instance: Instance, egress: int, lanes: tuple[Lane, ...]) -> ServiceState:
    """Start a version beside the stable one, without traffic."""
    if service.canary and service.canary.version == instance.version:
        _same_digest(service, service.canary, instance)
        return replace(service, lanes=lanes)
    if service.canary:
        raise EffectFailed(
            f"{service.name} runs {service.canary.version} beside {service.stable.version} already"
        )
    if service.stable.version == instance.version:
        raise EffectFailed(f"{service.name} {instance.version} is the live version already")
    ports = {**service.egress, instance.version: service.egress.get(instance.version, egress)}
    return replace(service, canary=instance, weight=0, lanes=lanes, egress=ports, retired=None)


def _same_digest(service: ServiceState, running: Instance, wanted: Instance) -> None:
    if running.digest != wanted.digest:
        raise EffectFailed(
            f"{service.name} {running.version} runs already from other content: "
            f"{running.digest}, not {wanted.digest}"
        )


def undeploy(state: State, name: ServiceName, version: Version) -> ServiceState:
    """Stop a canary that has no traffic; nothing to do when it is not there."""
    service = state.services[name]
    if not service.canary or service.canary.version != version:
        if service.stable.version == version:
            raise EffectFailed(
                f"{name} {version} is the only live version; its retired predecessor must come back first"
            )
        return service
    if service.weight:
        raise EffectFailed(
            f"{name} {version} still has {service.weight / TOTAL:.2%} of the traffic; expose 0 first"
        )
    _no_pinned_traffic(state, service, to_canary=True)
    return replace(service, canary=None, weight=0, lanes=())


# -- expose --------------------------------------------------------------------------------------------------


def expose(service: ServiceState, old: Version, new: Version, weight: int) -> ServiceState:
    """Give the canary its share of the traffic."""
    if service.canary and (service.stable.version, service.canary.version) == (old, new):
        return replace(service, weight=weight)
    sole_version = new if weight == TOTAL else old if weight == 0 else None
    if not service.canary and service.stable.version == sole_version:
        return service
    running = " and ".join(instance.version for instance in reversed(service.live))
    raise EffectFailed(
        f"{service.name} cannot be exposed from {old} to {new} at {weight / TOTAL:.2%}: {running} is running"
    )


# -- retire --------------------------------------------------------------------------------------------------


def retire(state: State, name: ServiceName, version: Version) -> ServiceState:
    """Make the canary stable and stop the old version, which must have no traffic any more."""
    service = state.services[name]
    if not service.runs(version):
        return service
    if not service.canary or service.stable.version != version:
        raise EffectFailed(f"{name} {version} has no successor with all of the traffic")
    if service.weight != TOTAL:
        raise EffectFailed(f"{name} {version} still has {1 - service.weight / TOTAL:.2%} of the traffic")
    _no_pinned_traffic(state, service, to_canary=False)
    return replace(service, stable=service.canary, canary=None, weight=0, retired=service.stable, holder=None)


def unretire(service: ServiceState, version: Version) -> ServiceState:
    """Start a retired version again beside its successor, which keeps all of the traffic."""
    if service.runs(version):
        return service
    if not service.retired or service.retired.version != version:
        raise EffectFailed(
            f"{service.name} {version} was not retired here, so there is nothing to start it from"
        )
    if service.canary:
        raise EffectFailed(f"{service.name} runs two versions already, {version} would be the third")
    return replace(service, canary=service.stable, stable=service.retired, retired=None, weight=TOTAL)


# -- lanes ---------------------------------------------------------------------------------------------------


def pinned_traffic(state: State, service: ServiceState, *, to_canary: bool) -> str | None:
    """A consumer version that a lane pins to one side of `service` and that has traffic, or None."""
    for consumer, new in service.lanes:
        other = state.services.get(consumer)
        for instance in other.live if other else ():
            if (instance.version == new) == to_canary and other and other.share(instance.version):
                return process_name(consumer, instance.version)
    return None


def _no_pinned_traffic(state: State, service: ServiceState, *, to_canary: bool) -> None:
    if not (caller := pinned_traffic(state, service, to_canary=to_canary)):
        return
    side = service.canary if to_canary else service.stable
    version = side.version if side else "?"
    raise EffectFailed(f"{service.name} {version} cannot stop: a lane pins {caller} to it, which has traffic")


# -- JSON ----------------------------------------------------------------------------------------------------


def to_json(state: State) -> dict[str, Any]:
    """The state as plain JSON values."""
    return {"format": FORMAT, **asdict(state)}


def from_json(record: Mapping[str, Any]) -> State:
    """The state that `to_json` wrote."""
    fields = {key: value for key, value in record.items() if key != "format"}
    services = {name: _service(entry) for name, entry in record["services"].items()}
    return State(**{**fields, "ports": Ports(**record["ports"]), "services": services})


def _service(entry: Mapping[str, Any]) -> ServiceState:
    made = {
        "stable": Instance(**entry["stable"]),
        "canary": _instance(entry["canary"]),
        "retired": _instance(entry["retired"]),
        "lanes": tuple((consumer, version) for consumer, version in entry["lanes"]),
        "fences": {rollout: Fence(**fence) for rollout, fence in entry["fences"].items()},
    }
    return ServiceState(**{**entry, **made})


def _instance(entry: Mapping[str, Any] | None) -> Instance | None:
    return Instance(**entry) if entry else None
