"""A local HTTP server that speaks the upstreams' protocols, for tests and by hand."""

from __future__ import annotations

from tests.upstreams.replies import Call, Reply
from tests.upstreams.server import Upstreams

__all__ = ["Call", "Reply", "Upstreams"]
