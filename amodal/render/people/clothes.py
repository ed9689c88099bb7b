"""What people wear: materials, cuts and hair, drawn at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amodal.render import materials as m
from amodal.render.mesh import Material

# Linear RGB. Street clothes: mostly dark and grey, some strong colours.
DULL = ((0.012, 0.012, 0.014), (0.02, 0.022, 0.03), (0.05, 0.05, 0.052), (0.14, 0.14, 0.14))
DULL += ((0.012, 0.018, 0.045), (0.10, 0.075, 0.05), (0.32, 0.26, 0.18), (0.06, 0.07, 0.045))
BRIGHT = ((0.62, 0.62, 0.60), (0.45, 0.03, 0.03), (0.05, 0.14, 0.42), (0.60, 0.40, 0.08))
BRIGHT += ((0.07, 0.24, 0.12), (0.30, 0.42, 0.58), (0.50, 0.22, 0.28), (0.70, 0.24, 0.04))
DENIM = ((0.020, 0.032, 0.075), (0.05, 0.085, 0.17), (0.13, 0.20, 0.32), (0.012, 0.014, 0.022))
HAIR = ((0.010, 0.008, 0.007), (0.03, 0.018, 0.010), (0.085, 0.045, 0.02), (0.32, 0.22, 0.10))
HAIR += ((0.14, 0.045, 0.015), (0.30, 0.29, 0.28))


@dataclass(frozen=True)
class Outfit:
    """Clothes and hair.

    Args:
        top, bottom, shoes, sole, skin, hair, bag: materials.
        headwear: of hat, helmet or scarf.
        sleeve: where sleeves end: 0 shoulder, 1 elbow, 2 wrist.
        leg: where trousers end: 0 hip, 1 knee, 2 ankle; 0 for none under a skirt.
        loose_top, loose_leg: how far cloth stands off the body, shares of the height.
        hem: how far the top reaches below the waist, 0 waist, 1 over the hips.
        skirt: how far a skirt or coat reaches down the leg, like `leg`; 0: none.
        skirt_of_top: whether it is a coat's or a dress's, of the top's cloth.
        flare: how much the skirt widens, metres a metre.
        style: of the hair: "short", "bald", "bob", "long", "bun", "tail".
        hat: "", "cap", "beanie", "brim", "hood", "bicycle helmet", "motorcycle helmet".
        carries: "", "backpack", "shoulder bag", "hand bag".
        collar: "", "hood", "scarf", "stand".
    """

    top: Material
    bottom: Material
    shoes: Material
    sole: Material
    skin: Material
    hair: Material
    headwear: Material
    bag: Material
    sleeve: float = 1.95
    leg: float = 2.0
    loose_top: float = 0.008
    loose_leg: float = 0.006
    hem: float = 0.8
    skirt: float = 0.0
    skirt_of_top: bool = False
    flare: float = 0.1
    style: str = "short"
    hat: str = ""
    carries: str = ""
    collar: str = ""


def outfit(
    rng: np.random.Generator, form: float = 0.3, riding: bool = False, young: bool = False
) -> Outfit:
    """Clothes for a street.

    Args:
        form: as in `Body`; skirts and long hair go with a large one.
        riding: no skirts, no long coats, nothing in the hands.
        young: a child, whose hair is not grey.
    """
    materials = {
        "top": m.cloth(_colour(rng, DULL + BRIGHT)),
        "bottom": m.cloth(_colour(rng, DENIM if rng.random() < 0.5 else DULL)),
        "shoes": Material("shoe", _colour(rng, DULL + BRIGHT[:3]), 0.5),
        "sole": Material("sole", _colour(rng, ((0.5, 0.5, 0.48), (0.02, 0.02, 0.02))), 0.7),
        "skin": m.skin(rng),
        "hair": Material("hair", _colour(rng, HAIR[:5] if young else HAIR), 0.45),
        "headwear": m.cloth(_colour(rng, DULL + BRIGHT)),
        "bag": Material("bag", _colour(rng, DULL + BRIGHT), 0.6),
    }
    feminine = form > 0.5
    cut = _warm(rng) if rng.random() < 0.6 else _light(rng)
    if not riding:
        cut |= _skirts(rng, feminine, cut)
    styles = (
        ["bob", "long", "bun", "tail", "short"] if feminine else ["short"] * 6 + ["bald", "bob"]
    )
    carries = ["", "", "", "backpack"] + ([] if riding else ["shoulder bag", "hand bag"])
    hats = [""] * 9 + ([] if riding else ["cap", "beanie", "brim"])
    hat = str(rng.choice(hats))
    if cut["collar"] == "hood" and not riding and rng.random() < 0.25:
        hat = "hood"
    return Outfit(
        **materials,
        **cut,
        style=str(rng.choice(styles)),
        hat=hat,
        carries=str(rng.choice(carries)),
    )


def _colour(rng: np.random.Generator, colours: tuple) -> tuple[float, float, float]:
    base = np.array(colours[rng.integers(len(colours))])
    mixed = base * rng.uniform(0.75, 1.3) + rng.uniform(0, 0.006, 3)
    return tuple(float(c) for c in np.clip(mixed, 0, 0.9))


def _warm(rng: np.random.Generator) -> dict:
    """A jacket, hoodie or jumper with long trousers."""
    return {
        "sleeve": 1.95,
        "leg": 2.0,
        "loose_top": rng.uniform(0.006, 0.018),
        "loose_leg": rng.uniform(0.001, 0.014),
        "hem": rng.uniform(0.6, 1.15),
        "collar": str(rng.choice(["", "hood", "scarf", "stand"])),
    }


def _light(rng: np.random.Generator) -> dict:
    """A shirt, with long trousers or shorts."""
    shorts = rng.random() < 0.45
    return {
        "sleeve": float(rng.choice([rng.uniform(0.5, 0.8), 1.9, 0.25], p=[0.7, 0.2, 0.1])),
        "leg": rng.uniform(0.6, 1.0) if shorts else 2.0,
        "loose_top": rng.uniform(0.004, 0.011),
        "loose_leg": rng.uniform(0.008, 0.018) if shorts else rng.uniform(0.001, 0.012),
        "hem": rng.uniform(0.35, 0.9),
        "collar": "",
    }


def _skirts(rng: np.random.Generator, feminine: bool, cut: dict) -> dict:
    """Changes of a cut that make it a coat, or a skirt or dress over bare legs or tights."""
    if cut["sleeve"] > 1.9 and rng.random() < 0.25:
        return {"skirt": rng.uniform(0.5, 1.15), "skirt_of_top": True, "flare": 0.06}
    if feminine and rng.random() < 0.4:
        of_top = rng.random() < 0.5
        tights = 2.0 if rng.random() < 0.4 else 0.0
        skirt = {"skirt": rng.uniform(0.6, 1.6), "skirt_of_top": bool(of_top)}
        return skirt | {"leg": tights, "loose_leg": 0.0, "flare": rng.uniform(0.05, 0.35)}
    return {}
