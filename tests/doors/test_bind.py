"""Listening sockets: loopback by default, and a port in use is said in words."""

from __future__ import annotations

import socket

import pytest

from hub.doors.bind import bind
from hub.doors.faults import NO_SUCH_ADDRESS, NO_SUCH_PORT, PORT_IN_USE
from hub.errors import Config


def test_the_default_is_loopback_and_a_free_port() -> None:
    with bind() as made:
        host, port = made.getsockname()
        assert host == "127.0.0.1"
        assert port > 0
        with socket.create_connection((host, port), 2):
            pass


def test_a_port_in_use_is_named() -> None:
    with bind() as made:
        port = made.getsockname()[1]
        with pytest.raises(Config) as raised:
            bind(port=port)
    assert raised.value.code == PORT_IN_USE
    assert str(port) in raised.value.what("zh")
    assert str(port) in raised.value.do("en")


def test_a_port_can_be_bound_again_at_once() -> None:
    with bind() as made:
        port = made.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port), 2)
        taken, _ = made.accept()
        taken.close()  # our side closes first, so the address stays in TIME_WAIT
        client.close()
    with bind(port=port) as again:
        assert again.getsockname()[1] == port


def test_several_may_share_a_port_when_they_say_so() -> None:
    with bind(reuse=True) as one, bind(port=one.getsockname()[1], reuse=True) as two:
        assert one.getsockname() == two.getsockname()


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("no such host", 0)])
def test_an_address_that_is_not_ours(host: str, port: int) -> None:
    with pytest.raises(Config) as raised:
        bind(host, port)
    assert raised.value.code == NO_SUCH_ADDRESS


@pytest.mark.parametrize("port", [-1, 65536, 70000])
def test_a_port_that_is_none(port: int) -> None:
    with pytest.raises(Config) as raised:
        bind(port=port)
    assert raised.value.code == NO_SUCH_PORT
