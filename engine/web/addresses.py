"""Addresses that came with a request, made safe to go on to. Pure."""

from __future__ import annotations


def local(address: str) -> str:
    """Return an address of ours; anything that could lead elsewhere becomes the home page."""
    leads_away = not address.startswith("/") or address.startswith("//") or "\\" in address
    return "/" if leads_away or not address.isprintable() else address
