"""Shapes of what `/metrics` answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

Family = GaugeMetricFamily | CounterMetricFamily
ByLabels = dict[tuple[str, ...], float]


def one(name: str, about: str, value: float) -> Family:
    return GaugeMetricFamily(f"marketsite_{name}", about, value=float(value))


def each(name: str, about: str, label: str, values: Mapping[str, float]) -> Family:
    return gauge(name, about, [label], {(key,): value for key, value in values.items()})


def gauge(name: str, about: str, labels: list[str], values: ByLabels) -> Family:
    family = GaugeMetricFamily(f"marketsite_{name}", about, labels=labels)
    for key, value in values.items():
        family.add_metric(key, float(value))
    return family


def counter(name: str, about: str, labels: list[str], values: ByLabels) -> Family:
    """What only grows; Prometheus's format ends its name in `_total`."""
    family = CounterMetricFamily(f"marketsite_{name}", about, labels=labels)
    for key, value in values.items():
        family.add_metric(key, float(value))
    return family


def seconds(now: datetime, moment: datetime) -> float:
    """A clock that was set back shows no negative age."""
    return max((now - moment).total_seconds(), 0.0)
