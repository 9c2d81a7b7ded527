"""Write a small FIT file, so that a golden export can be read and edited as text.

The protocol: a header of 14 bytes, definition and data messages, a CRC. Only what strength
activities hold is written. Times are seconds since 31 December 1989 UTC.
"""

from __future__ import annotations

import struct
from datetime import datetime, timedelta
from typing import Any

EPOCH = datetime(1989, 12, 31)
ENUM, UINT16, STRING, UINT32 = 0x00, 0x84, 0x07, 0x86
INVALID = {ENUM: 0xFF, UINT16: 0xFFFF, UINT32: 0xFFFFFFFF}
SIZES = {ENUM: (1, "B"), UINT16: (2, "H"), UINT32: (4, "I")}
# message -> number, and field -> number, base type, factor, how many
MESSAGES: dict[str, tuple[int, dict[str, tuple[int, int, float, int]]]] = {
    "file_id": (0, {"type": (0, ENUM, 1, 1), "time_created": (4, UINT32, 1, 1)}),
    "session": (
        18,
        {
            "start_time": (2, UINT32, 1, 1),
            "total_elapsed_time": (7, UINT32, 1000, 1),
            "timestamp": (253, UINT32, 1, 1),
        },
    ),
    "activity": (34, {"local_timestamp": (5, UINT32, 1, 1), "timestamp": (253, UINT32, 1, 1)}),
    "set": (
        225,
        {
            "duration": (0, UINT32, 1000, 1),
            "repetitions": (3, UINT16, 1, 1),
            "weight": (4, UINT16, 16, 1),
            "set_type": (5, ENUM, 1, 1),
            "start_time": (6, UINT32, 1, 1),
            "category": (7, UINT16, 1, 3),
            "category_subtype": (8, UINT16, 1, 3),
            "message_index": (10, UINT16, 1, 1),
            "timestamp": (254, UINT32, 1, 1),
        },
    ),
    "exercise_title": (
        264,
        {
            "exercise_category": (0, UINT16, 1, 1),
            "exercise_name": (1, UINT16, 1, 1),
            "wkt_step_name": (2, STRING, 1, 32),
        },
    ),
}


def fit_bytes(messages: list[dict[str, Any]]) -> bytes:
    """The bytes of a FIT file; each message is its field values, with its name under `is`."""
    body = b""
    for local, name in enumerate(MESSAGES):
        number, fields = MESSAGES[name]
        body += struct.pack("<BBBHB", 0x40 | local, 0, 0, number, len(fields))
        for place, base, _, count in fields.values():
            body += struct.pack("<BBB", place, SIZES.get(base, (1, ""))[0] * count, base)
    for message in messages:
        local = list(MESSAGES).index(message["is"])
        body += bytes([local])
        for field, (_, base, factor, count) in MESSAGES[message["is"]][1].items():
            body += _packed(message.get(field), base, factor, count)
    header = struct.pack("<BBHI4s", 14, 0x20, 2132, len(body), b".FIT")
    header += struct.pack("<H", _crc(header))
    return header + body + struct.pack("<H", _crc(header + body))


def _packed(value: Any, base: int, factor: float, count: int) -> bytes:
    if base == STRING:
        return (value or "").encode().ljust(count, b"\0")
    values = value if isinstance(value, list) else [value] * count
    return b"".join(
        struct.pack(f"<{SIZES[base][1]}", INVALID[base] if one is None else _number(one, factor))
        for one in values
    )


def _number(value: Any, factor: float) -> int:
    if isinstance(value, str):
        return int((datetime.fromisoformat(value) - EPOCH) / timedelta(seconds=1))
    return round(value * factor)


def _crc(data: bytes) -> int:
    table = (0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
             0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400)  # fmt: skip
    crc = 0
    for byte in data:
        for nibble in (byte & 0xF, byte >> 4):
            crc = (crc >> 4) ^ table[crc & 0xF] ^ table[nibble]
    return crc
