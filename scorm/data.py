"""The elements of one session: what is found under a name, and what may be put there. Pure.

The table in model/ decides everything that differs between elements and between versions; model/README.md states the
order of the checks, which the browser's half follows to the letter.
"""

from __future__ import annotations

from collections.abc import Mapping

from scorm.elements import KEYWORDS, Chosen, Element, Model, Place
from scorm.launch import Launch
from scorm.values import Space, joined


class Failed(Exception):
    """A call cannot be done; bears the error code that the SCO will see."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        self.code = code
        super().__init__(code)


class Data:
    """What the SCO has said, by name, over what the launch and the table say."""

    def __init__(
        self, model: Model, launch: Launch, said: Mapping[str, str], counts: Mapping[str, int] | None = None
    ) -> None:
        """Begin with what was said before; `counts` are of its arrays, counted where they are not given."""
        self.model = model
        self.said = dict(said)
        self._launch = launch
        self._elements = model.elements
        self._counts: dict[str, int] = dict(counts or {})
        if counts is None:
            self._count_all()

    def copied(self) -> Data:
        """Make one that can go its own way."""
        return Data(self.model, self._launch, self.said, self._counts)

    def get(self, name: str) -> str:
        """Answer GetValue (RTE 1.2 3.3, RTE 2004 3.1.4.1); raises Failed."""
        place = Place.named(name)
        element = self.model.elements.get(place.pattern)
        if element is None:
            raise self._missing(self._absent(place.pattern))
        if any(index >= self._counts.get(array, 0) for array, index in place.indices):
            raise self._missing("index")
        if not self._may("r", place, element):
            raise self._missing("write_only")
        if element.counts:
            return str(self._counts.get(place.name.removesuffix("._count"), 0))
        value = self._found(place, element)
        if (value is None or (element.clears and not value)) and "unset" in self.model.missing:
            raise self._missing("unset")
        return value or ""

    def value(self, name: str) -> str:
        """Read an element as the server does, "" for none, without asking for access."""
        place = Place.named(name)
        return self._found(place, self.model.elements[place.pattern]) or ""

    def count(self, array: str) -> int:
        """Count the entries of an array such as `cmi.objectives`."""
        return self._counts.get(array, 0)

    def set(self, name: str, value: str) -> None:
        """Do SetValue (RTE 1.2 3.3, RTE 2004 3.1.4.2); raises Failed."""
        place = Place.named(name)
        element = self._writable(place)
        if place.indices:
            self._require_next(place, element)
        if element.needs and not all(self._heard(place.beside(needed)) for needed in element.needs):
            raise self._refused("needs")
        space = element.space if element.chosen is None else self._space(place, element, element.chosen)
        whole = joined(self.said.get(place.name, ""), value) if element.appends else value
        self._require_legal(place, space, whole)
        if element.once or element.unlike or space.unlike:
            self._require_allowed(place, element, space, whole)
        self.said[place.name] = whole
        if place.indices:
            self._count(place)

    def _found(self, place: Place, element: Element) -> str | None:
        told = getattr(self._launch, element.source) if element.source else ""
        given = self._launch.given.get(place.pattern)
        sources = (self._judgement(element), self._heard(place.name), given, told or element.default)
        return next((source for source in sources if source is not None), None)

    def _heard(self, name: str) -> str | None:
        return self.said.get(name, self._launch.given.get(name))

    def _judgement(self, element: Element) -> str | None:
        judged = element.judged
        threshold = self.value(judged.threshold) if judged else ""
        if judged is None or not threshold:
            return None
        measure = self.value(judged.measure)
        if not measure:
            return judged.unmeasured
        return judged.reached if float(measure) >= float(threshold) else judged.short

    def _may(self, way: str, place: Place, element: Element) -> bool:
        return way in self._launch.access.get(place.name, element.access)

    def _writable(self, place: Place) -> Element:
        element = self._elements.get(place.pattern)
        if place.keyword:
            raise self._refused("keyword")
        if element is None:
            raise self._refused(self._hollow(place.pattern))
        if not self._may("w", place, element):
            raise self._refused("read_only")
        return element

    def _require_next(self, place: Place, element: Element) -> None:
        counts = self._counts
        for array, index in place.indices:
            count = counts.get(array, 0)
            if index > count or index >= self.model.array_limit or (element.fixed and index == count):
                raise self._refused("index")

    def _space(self, place: Place, element: Element, chosen: Chosen) -> Space:
        return chosen.spaces.get(self._heard(place.beside(chosen.by)) or "", element.space)

    def _require_legal(self, place: Place, space: Space, value: str) -> None:
        if space.only and place.indices[-1][1]:
            raise self._refused("only")
        if not space.typed(value):
            raise self._refused("type")
        if not space.ranges(value):
            raise self._refused("range")

    def _require_allowed(self, place: Place, element: Element, space: Space, value: str) -> None:
        if element.once and self._heard(place.name) not in (None, value):
            raise self._refused("once")
        if (element.unlike or space.unlike) and self._taken(place, space, value):
            raise self._refused("unlike")

    def _taken(self, place: Place, space: Space, value: str) -> bool:
        others = map(self._heard, place.siblings(self._counts.get(place.indices[-1][0], 0)))
        return any(other is not None and space.same(other, value) for other in others)

    def _absent(self, pattern: str) -> str:
        above, _, last = pattern.rpartition(".")
        keyword = last in KEYWORDS and last in self.model.missing and self.model.has(above)
        return last if keyword else self._hollow(pattern)

    def _hollow(self, pattern: str) -> str:
        if not pattern:
            return "nameless"
        return "container" if pattern in self.model.containers else "undefined"

    def _missing(self, failure: str) -> Failed:
        return Failed(self.model.missing[failure])

    def _refused(self, failure: str) -> Failed:
        return Failed(self.model.refusals[failure])

    def _count_all(self) -> None:
        for name in (*self._launch.given, *self.said):
            place = Place.named(name)
            if place.indices:
                self._count(place)

    def _count(self, place: Place) -> None:
        for array, index in place.indices:
            if index >= self._counts.get(array, 0):
                self._counts[array] = index + 1
