"""Whose address counts where proxies stand between."""

import ipaddress

import pytest

from engine.web.proxies import client
from workflows.app import ByHost

OURS = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1/128")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),
        ("10.0.0.2", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.2", "192.0.2.66, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.2", "192.0.2.66, 198.51.100.7, 10.0.0.3", "198.51.100.7"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.2", "[2001:db8::7]:4711", "2001:db8::7"),
        ("10.0.0.2", "198.51.100.7:4711", "198.51.100.7"),
        ("::ffff:10.0.0.2", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.2", "unknown", "10.0.0.2"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "10.0.0.4", "10.0.0.4"),
        ("", "198.51.100.7", ""),
    ],
    ids=[
        "nobody between",
        "a client that claims another",
        "behind a proxy",
        "what the client claimed before the proxy",
        "behind two",
        "IPv6",
        "IPv6 with a port",
        "IPv4 with a port",
        "IPv4 inside IPv6",
        "no address",
        "nothing forwarded",
        "a proxy itself asks",
        "no peer",
    ],
)
def test_the_clients_address_is_what_our_own_proxies_saw(peer, forwarded, found):
    assert client(peer, forwarded, OURS) == found


@pytest.mark.parametrize(("trusted", "seen"), [((), "10.0.0.2"), (tuple(OURS), "198.51.100.7")], ids=["none", "ours"])
def test_the_application_sees_the_client_where_proxies_are_named(trusted, seen):
    asked = {"REMOTE_ADDR": "10.0.0.2", "HTTP_X_FORWARDED_FOR": "198.51.100.7", "HTTP_HOST": "learn.example"}

    ByHost(
        pages=lambda environment, _start: [environment["REMOTE_ADDR"]], content=None, content_host="", proxies=trusted
    )(asked, None)

    assert asked["REMOTE_ADDR"] == seen
