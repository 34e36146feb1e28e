"""What a file of a package is served as: its media type by its name. Pure.

The table is ours, for what a server's own table says differs from machine to machine, and `nosniff` holds browsers
to it.
"""

from __future__ import annotations

from pathlib import PurePosixPath

_UNKNOWN = "application/octet-stream"
_TYPES = {
    "text/html": ("html", "htm"),
    "application/xhtml+xml": ("xhtml",),
    "text/css": ("css",),
    "text/javascript": ("js", "mjs"),
    "application/json": ("json", "map"),
    "application/xml": ("xml", "xsl", "xslt", "xsd", "dtd"),
    "text/plain": ("txt", "srt"),
    "text/vtt": ("vtt",),
    "text/csv": ("csv",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/gif": ("gif",),
    "image/svg+xml": ("svg",),
    "image/webp": ("webp",),
    "image/avif": ("avif",),
    "image/bmp": ("bmp",),
    "image/x-icon": ("ico", "cur"),
    "audio/mpeg": ("mp3",),
    "audio/mp4": ("m4a",),
    "audio/ogg": ("ogg", "oga"),
    "audio/wav": ("wav",),
    "video/mp4": ("mp4", "m4v"),
    "video/webm": ("webm",),
    "video/ogg": ("ogv",),
    "font/woff": ("woff",),
    "font/woff2": ("woff2",),
    "font/ttf": ("ttf",),
    "font/otf": ("otf",),
    "application/vnd.ms-fontobject": ("eot",),
    "application/wasm": ("wasm",),
    "application/pdf": ("pdf",),
    "application/zip": ("zip",),
    "application/msword": ("doc",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.ms-excel": ("xls",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/vnd.ms-powerpoint": ("ppt",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx",),
}
_BY_SUFFIX = {f".{suffix}": media for media, suffixes in _TYPES.items() for suffix in suffixes}


def media_type(path: str) -> str:
    """Return the media type, without a charset: a page of a package says itself how it is written."""
    return _BY_SUFFIX.get(PurePosixPath(path).suffix.lower(), _UNKNOWN)
