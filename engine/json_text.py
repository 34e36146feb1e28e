"""Writes JSON with an encoder that is made once: the library makes a new one with every text. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from json import encoder
from typing import Any

_quoted: Any = encoder.encode_basestring


def writer(default: Callable[[Any], Any] | None = None, *, sort_keys: bool = False) -> Callable[[Any], str]:
    """Return what writes values as `json.dumps` does, letters beyond ASCII as they are.

    `default` makes something plain of what JSON does not know. A value within itself raises `RecursionError`.
    """
    plain = json.JSONEncoder(default=default, ensure_ascii=False, sort_keys=sort_keys)
    make: Any = getattr(encoder, "c_make_encoder", None)
    if make is None:  # another Python than CPython
        return plain.encode
    skip_keys, allow_nan = False, True
    parts = make(None, plain.default, _quoted, None, ": ", ", ", sort_keys, skip_keys, allow_nan)
    return lambda value: "".join(parts(value, 0))
