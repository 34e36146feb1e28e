"""Small cases of requests for what is kept of people, on which their workflow is explored before it runs. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from engine.exploring import Examples
from workflows.people import requests
from workflows.people.requests import RecordRequest

_REQUEST: Final = RecordRequest(
    trust="trust", id="request", organisation="ward", organisations=("ward", "trust"), person="learner", needed=False
)

EXAMPLES: Final = {
    requests.KIND: Examples(
        records=(_REQUEST, replace(_REQUEST, needed=True)),
        facts={requests.Trigger.ERASE: ({}, {"reason": "They asked for it."})},
    )
}
