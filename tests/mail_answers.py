"""Answers to a question by mail, as programs lay them out: above, below and between what they quote."""

# ruff: noqa: E501 - mail as it is written

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ASKED: Final = "Please answer: a place for Ann Lee.\nReply with Approve or Reject in the first line."
_QUOTED: Final = "\n".join(f"> {line}" for line in ASKED.splitlines())
ANSWERS: Final[Mapping[str, str]] = {
    "outlook, above": f"Approve\n\nKind regards\nWren Hall\n\n________________________________\nFrom: Learning\n{ASKED}",
    "outlook classic": f"Approve\n\n-----Original Message-----\nFrom: Learning\nSent: 22 November 2026\n{ASKED}",
    "google, above": f"Approve\n\nOn Sun, 22 Nov 2026 at 09:00, Learning <\nreply@x.example> wrote:\n\n{_QUOTED}\n",
    "google, below": f"On Sun, 22 Nov 2026 at 09:00, Learning <reply@x.example> wrote:\n\n{_QUOTED}\n\nApprove",
    "thunderbird, below": f"On 22/11/2026 09:00, Learning wrote:\n{_QUOTED}\n\nApprove\n\n-- \nWren, reject nothing\n",
    "thunderbird, between": f"On 22/11/2026 09:00, Learning wrote:\n{_QUOTED}\nApprove\n> Thank you.\n> Reject\n",
    "apple": f"Approve\n\nSent from my iPhone\n\n> On 22 Nov 2026, at 09:00, Learning <a@x.example> wrote:\n>\n{_QUOTED}",
    "apple, in german": f"Approved\n\nVon meinem iPhone gesendet\n\n> Am 22.11.2026 um 09:00 schrieb Learning:\n>\n{_QUOTED}",
    "outlook phone": f"Approve.\n\nGet Outlook for iOS<https://aka.example/o>\n________________________________\nFrom: L\n{ASKED}",
    "wide quotation": f"| {ASKED.splitlines()[0]}\n|\n\nApproved, thank you\n\nWren Hall | Matron | Northshire\n",
    "forwarded below": f"Approve\n\nBegin forwarded message:\n\n{ASKED}\nReject",
}
HTML_ANSWERS: Final[Mapping[str, str]] = {
    "outlook": "<div class=WordSection1><p class=MsoNormal>Approve<o:p></o:p></p><p>&nbsp;</p><div style='border-top:1pt'>"
    "<p><b>From:</b> Learning<br><b>Sent:</b> 22 November 2026<br></p></div><p>Reject in the first line.</p></div>",
    "outlook on the web": '<div dir="ltr">Approve</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">'
    "<b>From:</b> Learning<br></div><div>Reject in the first line.</div>",
    "google": '<div dir="ltr">Approve</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Sun, 22 Nov '
    '2026 at 09:00, Learning wrote:<br></div><blockquote class="gmail_quote">Reject in the first line.</blockquote></div>',
    "google, below": '<div class="gmail_quote"><div class="gmail_attr">On Sun, 22 Nov 2026, Learning wrote:<br></div>'
    "<blockquote>Approve or Reject in the first line.</blockquote></div><div>Approve</div>",
    "apple": '<div>Approve</div><div><br><blockquote type="cite"><div>On 22 Nov 2026, at 09:00, Learning wrote:</div>'
    "<div>Reject in the first line.</div></blockquote></div>",
}
