"""The dozen people of Northshire, by name, with what each may do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workflows.people import responsibilities as held

TRUST: Final = "northshire"
MEDICINE: Final = "northshire-medicine"
SURGERY: Final = "northshire-surgery"
SYSTEMS_MANAGER: Final = "amina.yusuf"
PASSWORD: Final = "northshire-demo"  # noqa: S105 - the demo prints it


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """One of the dozen: where they work, what they may do, and what they are shown as at the start."""

    id: str
    name: str
    position: str
    organisation: str
    grants: tuple[str, ...] = ()
    role_at: str | None = None
    about: str = "learner"

    @property
    def username(self) -> str:
        """Return what they sign in with."""
        return self.id

    @property
    def email(self) -> str:
        """Return the address of the HR record."""
        return f"{self.id}@northshire.example"


STAFF: Final = (
    Staff(id="priya.nair", name="Priya Nair", position="Staff Nurse", organisation=MEDICINE),
    Staff(
        id="daniel.okafor",
        name="Daniel Okafor",
        position="Learning and Development Lead",
        organisation=TRUST,
        grants=(held.LEARNING_ADMINISTRATOR, held.CLASS_ADMINISTRATOR, held.CAREER_MANAGEMENT),
        about="learning administrator: classes, catalogue, messages",
    ),
    Staff(
        id="helen.marsh",
        name="Helen Marsh",
        position="Medical Staffing Officer",
        organisation=TRUST,
        grants=(held.RECRUITER,),
        about="recruiter: applicants and transfers",
    ),
    Staff(
        id="tom.reid",
        name="Tom Reid",
        position="HR Business Partner",
        organisation=TRUST,
        role_at=TRUST,
        about="holds the stat & mand role of the trust",
    ),
    Staff(
        id="wren.hall",
        name="Wren Hall",
        position="Surgery Practice Educator",
        organisation=SURGERY,
        role_at=SURGERY,
        about="holds the local stat & mand role of Surgery",
    ),
    Staff(
        id=SYSTEMS_MANAGER,
        name="Amina Yusuf",
        position="Systems Manager",
        organisation=TRUST,
        grants=(held.TEMPLATE_ADMINISTRATOR, held.SYSTEM_ADMINISTRATOR),
        about="template, system and workflow administrator: e-mail templates, messages, operations",
    ),
    Staff(id="lin.chen", name="Lin Chen", position="Healthcare Assistant", organisation=MEDICINE),
    Staff(id="george.baker", name="George Baker", position="Ward Manager", organisation=MEDICINE),
    Staff(id="sofia.rossi", name="Sofia Rossi", position="Theatre Nurse", organisation=SURGERY),
    Staff(id="ewan.campbell", name="Ewan Campbell", position="Porter", organisation=SURGERY),
    Staff(id="grace.obi", name="Grace Obi", position="Physiotherapist", organisation=MEDICINE),
    Staff(id="marek.nowak", name="Marek Nowak", position="Pharmacist", organisation=MEDICINE),
)
