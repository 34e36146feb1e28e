"""The elements of one session: what is found under a name, and what may be put there. Pure.

The table in model/ decides everything that differs between elements and between versions; model/README.md states the
order of the checks, which the browser's half follows to the letter.
"""

from __future__ import annotations

from collections.abc import Mapping

from scorm.runtime.elements import Element, Model, Named
from scorm.runtime.launch import Launch
from scorm.runtime.places import KEYWORDS, Place
from scorm.runtime.values import Space, joined


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
        self._given, self._access = launch.given, launch.access
        self._counts: dict[str, int] = dict(counts or {})
        if counts is None:
            self._count_all()

    def copied(self) -> Data:
        """Make one that can go its own way."""
        return Data(self.model, self._launch, self.said, self._counts)

    def kept(self) -> dict[str, str]:
        """Return what the attempt's next session goes on with."""
        named = self.model.named
        found = ((name, value, named(name).element) for name, value in self.said.items())
        return {name: value for name, value, element in found if element is not None and element.kept}

    def get(self, name: str) -> str:
        """Answer GetValue (RTE 1.2 3.3, RTE 2004 3.1.4.1); raises Failed."""
        known = self.model.named(name)
        element = known.element
        if element is None:
            raise self._missing(self._absent(known.place.pattern))
        if any(index >= self._counts.get(array, 0) for array, index in known.indices):
            raise self._missing("index")
        if "r" not in self._access.get(known.name, element.access):
            raise self._missing("write_only")
        if element.counts:
            return str(self._counts.get(known.name.removesuffix("._count"), 0))
        value = self._found(known.place, element)
        if (value is None or (element.clears and not value)) and "unset" in self.model.missing:
            raise self._missing("unset")
        return value or ""

    def value(self, name: str) -> str:
        """Read an element as the server does, "" for none, without asking for access; `KeyError` for no element."""
        known = self.model.named(name)
        if known.element is None:
            raise KeyError(name)
        return self._found(known.place, known.element) or ""

    def count(self, array: str) -> int:
        """Count the entries of an array such as `cmi.objectives`."""
        return self._counts.get(array, 0)

    def set(self, name: str, value: str) -> None:
        """Do SetValue (RTE 1.2 3.3, RTE 2004 3.1.4.2); raises Failed."""
        model, said = self.model, self.said
        known = model.known.get(name) or model.named(name)
        element = known.element
        if known.refused or element is None:
            raise self._refused(known.refused)
        if "w" not in (self._access.get(known.name, element.access) if self._access else element.access):
            raise self._refused("read_only")
        before = said.get(known.name)
        anew = known.indices and before is None and self._require_next(known, element)
        for needed in known.needs:
            if not (said.get(needed) or self._heard(needed)):
                raise self._refused("needs")
        if before == value and known.steady:
            return
        space = self._space(known, element) if known.by else element.space
        whole = joined(before or "", value) if element.appends else value
        fault = "only" if space.only and known.indices[-1][1] else space.fault(whole)
        if fault:
            raise self._refused(fault)
        if element.once or element.unlike or space.unlike:
            self._require_allowed(known.place, element, space, whole)
        said[known.name] = whole
        if anew:
            self._count(known)

    def _found(self, place: Place, element: Element) -> str | None:
        """Return what there is first: a judgement, what is heard, what is given or told, a default."""
        value = self._judgement(element) if element.judged else None
        if value is None:
            value = self._heard(place.name)
        if value is None:
            value = self._given.get(place.pattern)
        if value is None:
            value = (getattr(self._launch, element.source) if element.source else "") or element.default
        return value

    def _heard(self, name: str) -> str | None:
        value = self.said.get(name)
        return self._given.get(name) if value is None else value

    def _judgement(self, element: Element) -> str | None:
        judged = element.judged
        threshold = self.value(judged.threshold) if judged else ""
        if judged is None or not threshold:
            return None
        measure = self.value(judged.measure)
        if not measure:
            return judged.unmeasured
        return judged.reached if float(measure) >= float(threshold) else judged.short

    def _require_next(self, known: Named, element: Element) -> bool:
        """Refuse an index that leaves a gap, and say whether an entry is one more than there are."""
        anew, counts, limit = False, self._counts, self.model.array_limit
        for array, index in known.indices:
            count = counts.get(array, 0)
            if index >= count:
                anew = True
                if index > count or element.fixed:
                    raise self._refused("index")
            if index >= limit:
                raise self._refused("index")
        return anew

    def _space(self, known: Named, element: Element) -> Space:
        chosen = element.chosen
        return chosen.spaces.get(self._heard(known.by) or "", element.space) if chosen else element.space

    def _require_allowed(self, place: Place, element: Element, space: Space, value: str) -> None:
        if element.once and self._heard(place.name) not in (None, value):
            raise self._refused("once")
        if (element.unlike or space.unlike) and self._taken(place, space, value):
            raise self._refused("unlike")

    def _taken(self, place: Place, space: Space, value: str) -> bool:
        array, own = place.indices[-1]
        count = self._counts.get(array, 0)
        if count <= (own == 0):
            return False
        others = map(self._heard, place.siblings(count))
        return any(other is not None and space.same(other, value) for other in others)

    def _absent(self, pattern: str) -> str:
        above, _, last = pattern.rpartition(".")
        keyword = last in KEYWORDS and last in self.model.missing and self.model.has(above)
        return last if keyword else self.model.hollow(pattern)

    def _missing(self, failure: str) -> Failed:
        return Failed(self.model.missing[failure])

    def _refused(self, failure: str) -> Failed:
        return Failed(self.model.refusals[failure])

    def _count_all(self) -> None:
        named = self.model.named
        for name in (*self._given, *self.said):
            known = named(name)
            if known.indices:
                self._count(known)

    def _count(self, known: Named) -> None:
        counts = self._counts
        for array, index in known.indices:
            if index >= counts.get(array, 0):
                counts[array] = index + 1
