#!/usr/bin/env python3
"""Writes the dashboard's world map, Host/Dashboard/web/world.js. Run it when borders or the drawing change.

    config/setup/world.py > Host/Dashboard/web/world.js

The borders are Natural Earth's at 1:110 million (public domain), taken from the Python wheel of geopandas. Country codes
(ISO 3166) come from pycountry. Neither is installed: the wheels go to a temporary folder.
"""

import math
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEELS = ["geopandas==0.14.4", "pyshp==2.3.1", "pycountry==24.6.1"]
WIDTH = 960  # of the drawing; coordinates are integers, STEPS to a unit
STEPS = 2
LEFT_OUT = {"ATA"}  # Antarctica takes a fifth of the height, and nobody browses from there
# Natural Earth has no codes for these. Territories that it draws separately get the country code that GeoIP data uses there.
BY_NAME = {"France": "FR", "Norway": "NO", "Kosovo": "XK", "N. Cyprus": "CY", "Somaliland": "SO"}
# Parts that it draws with a country although GeoIP data gives them their own code, recognized by a ring's first point.
APART = {
    "FR": ("GF", lambda longitude, latitude: longitude < -20),  # French Guiana
    "NO": ("SJ", lambda longitude, latitude: latitude > 75),  # Svalbard
}


def equal_earth(longitude, latitude):
    """Projects a point so that equal areas stay equal: Savric, Patterson, Jenny: The Equal Earth map projection (2018), formulas 1 and 2."""
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    t = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    slope = 9 * a4 * t**8 + 7 * a3 * t**6 + 3 * a2 * t**2 + a1
    return 2 * math.sqrt(3) * math.radians(longitude) * math.cos(t) / (3 * slope), a4 * t**9 + a3 * t**7 + a2 * t**3 + a1 * t


def ring(points):
    """Returns a closed line as an SVG path of integer steps, each relative to the previous point."""
    path, last = "", None
    for point in points:
        if point == last:
            continue
        if last is None:
            path = f"M{point[0]} {point[1]}l"
        else:
            x, y = point[0] - last[0], point[1] - last[1]
            path += f"{x}{y}" if y < 0 else f"{x} {y}"
            path += " "
        last = point
    return path.replace(" -", "-").rstrip() + "z"


def main():
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
        subprocess.run(pip + WHEELS, check=True, stdout=sys.stderr)
        for wheel in Path(folder).glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(folder)
        sys.path.insert(0, folder)
        import pycountry
        import shapefile

        reader = shapefile.Reader(f"{folder}/geopandas/datasets/naturalearth_lowres/naturalearth_lowres", encoding="latin-1")
        shapes = []
        for entry in reader.iterShapeRecords():
            code, name = entry.record["iso_a3"], entry.record["name"]
            if code in LEFT_OUT:
                continue
            country = BY_NAME.get(name) or pycountry.countries.get(alpha_3=code).alpha_2
            ends = list(entry.shape.parts[1:]) + [len(entry.shape.points)]
            for start, end in zip(entry.shape.parts, ends):
                points = entry.shape.points[start:end]
                part, is_inside = APART.get(country, (country, None))
                owner = part if is_inside and is_inside(*points[0]) else country
                shapes.append((owner, [equal_earth(*point) for point in points]))

    left = min(x for _, points in shapes for x, _ in points)
    right = max(x for _, points in shapes for x, _ in points)
    top = max(y for _, points in shapes for _, y in points)
    bottom = min(y for _, points in shapes for _, y in points)
    scale = WIDTH * STEPS / (right - left)
    paths = {}
    for country, points in shapes:
        drawn = [(round((x - left) * scale), round((top - y) * scale)) for x, y in points]
        if len(set(drawn)) > 2:
            paths[country] = paths.get(country, "") + ring(drawn)

    print("// Made by config/setup/world.py: borders of Natural Earth (public domain) in the Equal Earth projection.")
    print(f"export const size = [{WIDTH * STEPS}, {round((top - bottom) * scale)}];")
    print("// SVG paths by ISO 3166 alpha-2.")
    print("export const borders = {")
    for country in sorted(paths):
        print(f"  {country}: '{paths[country]}',")
    print("};")


main()
