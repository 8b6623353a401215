"""Samples over a soak: who holds how much after each block."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.soak import probe
from bench.soak.heap import Heap, read
from bench.soak.stack import Site

APPLICATION = "marketsite%"  # the front has a name of its own


@dataclass(frozen=True, slots=True)
class Sample:
    """The site after a block: `day` counts on in fractions, sizes are MB by role."""

    day: float
    processes: dict[str, probe.Process]
    redis_clients: int
    redis_mb: float
    sessions: int
    servers_mb: dict[str, float]
    heap: Heap | None = None  # of the worker

    @property
    def pss(self) -> float:
        """What the site's own processes take together."""
        return sum(process.pss for process in self.processes.values())

    def tree_pss(self, root: str) -> float:
        return sum(item.pss for role, item in self.processes.items() if role.split()[0] == root)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Sampler:
    """Takes samples; a process that replaces another one takes its role."""

    site: Site
    samples: list[Sample] = field(default_factory=list)
    _roles: dict[int, str] = field(default_factory=dict)

    def take(self, day: float) -> Sample:
        measured = {}
        for role, pid in self.roles().items():
            if process := probe.measure(pid):
                measured[role] = process
        memory = self.site.redis.info("memory")
        sample = Sample(
            day=day,
            processes=measured,
            redis_clients=int(self.site.redis.info("clients")["connected_clients"]),
            redis_mb=memory["used_memory"] / probe.MEGABYTE,
            sessions=int(self._sessions()),
            servers_mb={name: _tree_mb(pid) for name, pid in self.site.servers.items()},
            heap=read(self.site.clock) if self.site.folder else None,
        )
        self.samples.append(sample)
        return sample

    def roles(self) -> dict[str, int]:
        """The processes that live now, by role: a root's name, and its children numbered."""
        living = {pid: name for name, root in self.site.roots.items() for pid in probe.tree(root)}
        for pid in set(self._roles) - set(living):
            del self._roles[pid]
        for pid, name in living.items():
            if pid not in self._roles:
                self._roles[pid] = self._free_role(name, pid)
        return {role: pid for pid, role in self._roles.items()}

    def _free_role(self, name: str, pid: int) -> str:
        if pid == self.site.roots[name]:
            return name
        taken = set(self._roles.values())
        return next(role for role in _numbered(name) if role not in taken)

    def forget_peaks(self) -> None:
        for pid in self.roles().values():
            probe.forget_peak(pid)

    def _sessions(self) -> Any:
        statement = "select count(*) from pg_stat_activity where application_name like %s"
        return self.site.row(statement, APPLICATION)[0]


def _numbered(name: str) -> Iterable[str]:
    return (f"{name} {number}" for number in range(1, 1000))


def _tree_mb(root: int) -> float:
    return sum(item.pss for pid in probe.tree(root) if (item := probe.measure(pid)))
