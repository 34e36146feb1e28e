"""A process is told to stop by a signal, whenever that comes."""

import signal

import pytest

from engine.stopping import Stop


@pytest.fixture
def handlers():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_came_before_anybody_waited_is_not_forgotten(handlers, number):
    stop = Stop()

    signal.raise_signal(number)

    assert stop.wait() is None


def test_a_signal_that_comes_while_somebody_waits_ends_the_wait(handlers):
    stop = Stop()
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGTERM))
    signal.setitimer(signal.ITIMER_REAL, 0.01)

    assert stop.wait() is None
