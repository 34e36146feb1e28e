"""An answer from outside ends: at a moment for the whole of it, and after so many bytes."""

import io
from itertools import count

import pytest

from engine import outside


class Dribbling:
    """A socket that says one byte at a time, for ever."""

    def settimeout(self, _seconds):
        """Take it."""

    def recv_into(self, buffer):
        buffer[:1] = b"x"
        return 1


class Flooding(Dribbling):
    """A socket that fills whatever it is given, for ever."""

    def recv_into(self, buffer):
        buffer[:] = b"x" * len(buffer)
        return len(buffer)


def test_a_server_that_answers_byte_by_byte_has_one_deadline_for_all():
    seconds = count()

    with pytest.raises(TimeoutError):
        outside.Bounded(Dribbling(), 10.0, lambda: float(next(seconds))).readall()

    assert next(seconds) == 11


def test_a_server_that_never_ends_is_heard_so_far_and_no_further():
    answer = io.BufferedReader(outside.Bounded(Flooding(), 10.0, lambda: 0.0)).read()

    assert len(answer) == outside.MOST
