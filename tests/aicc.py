"""A small AICC course: its files, and a way to zip them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

from scorm.hacp import aicc
from scorm.hacp.aicc import Command, Message

ELSEWHERE = "https://learning.example/fire/start.aspx?module=7"
FILES = {
    "fire.crs": b'[Course]\r\nCourse_ID=FIRE\r\nCourse_System="HTML"\r\nCourse_Title=Fire safety\r\n'
    b"Level=1\r\nVersion=4.0\r\nTotal_AUs=1\r\n[Course_Behavior]\r\nMax_Normal=1\r\n"
    b"[Course_Description]\r\n[First] what to do.\r\nThen more.\r\n",
    "fire.au": b'"System_ID","Type","Command_Line","File_Name","Max_Score","Mastery_Score","Max_Time_Allowed",'
    b'"Time_Limit_Action","Core_Vendor","Web_Launch","AU_Password"\r\n'
    b'"A1","Lesson","","fire/start.html","100","80","1:30:00","E,N","pages=9, quiz","mode=full",""\r\n',
    "fire.des": b'"System_ID","Developer_ID","Title","Description"\r\n'
    b'"A1","d1","Fire, smoke and ""doors""","Two\r\nlines"\r\n',
    "fire.cst": b'"Block","Member"\r\n"root","A1"\r\n',
    "fire/start.html": b"<h1>Fire safety</h1>",
}


def course(**changed: bytes | None) -> dict[str, bytes]:
    """Return the files, some of those with these endings (`au`) changed or, with None, absent."""
    files = {**FILES, **{f"fire.{end}": data for end, data in changed.items() if data is not None}}
    return {name: data for name, data in files.items() if changed.get(name.partition("fire.")[2], b"") is not None}


def hosted_elsewhere(url: str = ELSEWHERE, password: str = "") -> dict[str, bytes]:
    """Return the files of a course whose only unit is at another server."""
    return course(au=f'System_ID,File_Name,Mastery_Score,AU_Password\r\nA1,"{url}",80,{password}\r\n'.encode())


def several() -> dict[str, bytes]:
    """Return a course of two units of ours, A1 and A3, and one of others, A2: A1 first, then the rest of its block."""
    files = course(
        au=b"System_ID,File_Name,Mastery_Score,Max_Time_Allowed,Time_Limit_Action,Core_Vendor,Web_Launch\r\n"
        b"A1,fire/start.html,80,0:30:00,E M,pages=9,mode=full\r\n"
        b"A2,https://learning.example/doors,,,,,\r\n"
        b"A3,fire/start.html,,,,,\r\n",
        des=b"System_ID,Title\r\nB1,The basics\r\nA1,Smoke\r\nA2,Doors\r\nA3,Quiz\r\n",
        cst=b"Block,Member,Member\r\nroot,B1,A3\r\nB1,A1,A2\r\n",
    )
    return {**files, "fire.pre": b'Structure_Element,Prerequisite\r\nA2,a1=p\r\nA3,"b1 & 1*{A1, A2}"\r\n'}


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    """Write the files as a zip."""
    with ZipFile(path, "w") as target:
        for name, data in files.items():
            target.writestr(name, data)
    return path


def said(command: Command, session: str, data: str = "", password: str = "") -> bytes:
    """Write a message as content does."""
    return aicc.written(Message(command=command, session=session, data=data, password=password))


def told_at(url: str) -> tuple[str, str]:
    """Return session id and reporting address from the address at which a unit was opened."""
    query = parse_qs(urlsplit(url).query)
    return query["AICC_SID"][0], query["AICC_URL"][0]
