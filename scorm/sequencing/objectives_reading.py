"""The objectives of one activity as imsss and adlseq state them -> Objective records with their maps. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from scorm import markup
from scorm.sequencing.definition import Aspect, Map, Objective
from scorm.sequencing.literals import Literals

# Attribute after "read" or "write", what it maps, and whether that is so where nothing is said (CAM 5.1.7.5, 5.2.3).
_IMSSS = (("SatisfiedStatus", Aspect.SATISFIED), ("NormalizedMeasure", Aspect.MEASURE))
_ADLSEQ = (
    ("RawScore", Aspect.RAW),
    ("MinScore", Aspect.MINIMUM),
    ("MaxScore", Aspect.MAXIMUM),
    ("CompletionStatus", Aspect.COMPLETION),
    ("ProgressMeasure", Aspect.PROGRESS),
)


def read_objectives(
    stated: Element | None, added: Element | None, literals: Literals
) -> tuple[Objective, tuple[Objective, ...]]:
    """Read the primary objective and the others; adlseq's maps go to the objective of the same identifier."""
    more = {
        markup.identifier(one.get("objectiveID")): _maps(one, "adlseq", _ADLSEQ, literals)
        for one in markup.within(added, "adlseq", "objective")
    }
    primaries = [_objective(one, more, literals) for one in markup.within(stated, "imsss", "primaryObjective")]
    others = (_objective(one, more, literals) for one in markup.within(stated, "imsss", "objective"))
    return (primaries or [Objective()])[0], tuple(one for one in others if one.identifier)


def _objective(element: Element, more: Mapping[str, tuple[Map, ...]], literals: Literals) -> Objective:
    identifier = markup.identifier(element.get("objectiveID"))
    minimum = markup.within(element, "imsss", "minNormalizedMeasure")
    objective = Objective(
        identifier=identifier,
        by_measure=literals.truth(element.get("satisfiedByMeasure"), "satisfiedByMeasure", default=False),
        maps=(*_maps(element, "imsss", _IMSSS, literals), *(more.get(identifier, ()) if identifier else ())),
    )
    if not minimum:
        return objective
    measure = literals.number(minimum[0].text, "minNormalizedMeasure", -1.0, 1.0, 1.0)
    return replace(objective, minimum_measure=measure)


def _maps(element: Element, space: str, aspects: Iterable[tuple[str, Aspect]], literals: Literals) -> tuple[Map, ...]:
    return tuple(_map(one, aspects, literals) for one in markup.within(element, space, "mapInfo"))


def _map(element: Element, aspects: Iterable[tuple[str, Aspect]], literals: Literals) -> Map:
    def mapped(way: str, *, default: bool) -> frozenset[Aspect]:
        names = ((f"{way}{name}", aspect) for name, aspect in aspects)
        return frozenset(aspect for name, aspect in names if literals.truth(element.get(name), name, default=default))

    return Map(
        # A target is an xs:anyURI: `a%20%20b` and ` a b ` are the same one, white space being collapsed.
        target=" ".join(unquote(element.get("targetObjectiveID", "")).split()),
        reads=mapped("read", default=True),
        writes=mapped("write", default=False),
    )
