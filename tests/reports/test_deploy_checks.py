"""What `check --deploy` says of the models' addresses."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

KEY = "AIza-a-key-of-somebody"


def warned() -> list[str]:
    found = run_checks(tags=["security"], include_deployment_checks=True)
    return [item.msg for item in found if item.id == "reports.W002"]


@pytest.mark.parametrize("name", ["GEMINI", "OPENAI"])
@pytest.mark.parametrize(
    "address", ["http://models.example.com/v1", "http://8.8.8.8/v1", "http://[2606:4700::1111]/v1"]
)
def test_a_key_that_would_go_openly_over_the_internet_is_warned_of(
    settings: Settings, name: str, address: str
) -> None:
    setattr(settings, f"{name}_BASE_URL", address)
    assert warned() == [], "without a key nothing is given away"
    setattr(settings, f"{name}_API_KEY", KEY)
    (told,) = warned()
    assert told.startswith(f"{name}_BASE_URL is no https:// address")
    assert KEY not in told


@pytest.mark.parametrize(
    "address",
    [
        "https://models.example.com/v1",
        "http://localhost:11434/v1",
        "http://127.0.0.1:8080/v1",
        "http://[::1]:8080/v1",
        "http://10.0.0.7/v1",
        "http://192.168.1.20:8000/v1",
        "http://ollama:11434/v1",
        "http://models.internal/v1",
    ],
)
def test_a_server_of_ones_own_network_needs_no_https(settings: Settings, address: str) -> None:
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = KEY, address
    assert warned() == []
