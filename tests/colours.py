"""How colours look to readers who see fewer of them: simulated colour blindness, distances, contrast.

    apart = colours.closest(("#0072B2", "#D55E00"), "deuteranopia")
    colours.contrast("#777777", "white")

Colour blindness as in Machado, Oliveira & Fernandes 2009 (doi 10.1109/TVCG.2009.113), severity 1, on linear RGB;
distance as CIEDE2000 (Sharma, Wu & Dalal 2005, doi 10.1002/col.20070); contrast as in WCAG 2.2.
"""

from itertools import combinations

import numpy as np
from matplotlib.colors import to_rgb

SIGHTS = {
    "all colours": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = XYZ.sum(axis=1)


def linear(color):
    """A colour of any form that matplotlib knows as linear RGB."""
    value = np.array(to_rgb(color))
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(color, sight="all colours"):
    """A colour as somebody with this kind of sight sees it, in CIELAB."""
    seen = np.clip(SIGHTS[sight] @ linear(color), 0, 1)
    ratio = XYZ @ seen / WHITE
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def ciede2000(one, other):
    """The distance of two colours in CIELAB; about 1 is just noticeable side by side, 10 is seen at a glance."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    flat = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1 + (1 - np.sqrt(flat**7 / (flat**7 + 25.0**7))) / 2
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a * stretch)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = 0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    if abs(h1 - h2) == 180:
        turn = h2 - h1
    hue = h1 + h2 if c1 * c2 == 0 else ((h1 + h2) / 2 if abs(h1 - h2) <= 180 else (h1 + h2 + 360) / 2 % 360)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    of_light = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    of_chroma = (c2 - c1) / (1 + 0.045 * chroma)
    of_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * t)
    bend = 2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    return float(np.sqrt(of_light**2 + of_chroma**2 + of_hue**2 - bend * of_chroma * of_hue))


def closest(colors, sight):
    """The smallest distance between any two of the colours as seen with this kind of sight, and which two they are."""
    return min((ciede2000(lab(one, sight), lab(other, sight)), one, other) for one, other in combinations(colors, 2))


def contrast(one, other):
    """The WCAG contrast ratio of two colours, 1 to 21; text needs 4.5, large text and lines 3."""
    high, low = sorted((XYZ[1] @ linear(color) for color in (one, other)), reverse=True)
    return float((high + 0.05) / (low + 0.05))
