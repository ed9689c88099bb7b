"""Every text of the page "How it works"."""

from __future__ import annotations

from demo.text import count
from demo.verbatim import verbatim

TAB_EDITOR = "Editor"
TAB = "How it works"
TAB_STUDY = "Study"

NOTHING_YET = "Each step shows one object of yours."
NEED_OBJECT = "Select an object in the editor first."
NEED_OTHER = "Choose the other object first."
NEED_PLACE = "Fill in the number."
UNNAMED = "object"
STAGE = "The model after training stage"
STAGES = {1: "1: whole masks", 2: "2: simulated pairs", 3: "3: real partial masks"}
STAGE_ABOUT = {
    1: (
        "**Stage 1** has seen whole masks only and has no transformer. It takes the visible part "
        "for a whole shape and redraws it inside the same box."
    ),
    2: (
        "**Stage 2** has a new encoder and the transformer, trained on whole masks of which a part "
        "was hidden on purpose. The decoder stays as it was."
    ),
    3: (
        "**Stage 3** goes on with real partial masks, of which only visible pixels count. "
        "This is the model of the editor."
    ),
}
CLUES_LEFT_OUT = "Your marks on the object are left out here."

STEPS = {
    "seen": (
        "1 · Crop and squeeze",
        "The box around the visible part becomes a square: the partial mask $\\hat y$.",
    ),
    "codes": (
        "2 · Encode",
        "$\\hat q(z\\mid\\hat y,c)=\\mathcal N(\\mu,\\mathrm{diag}\\,\\sigma^2)$. "
        "It sees mask and class $c$, no colours.",
    ),
    "canonical": (
        "3 · Decode",
        "$p(y\\mid z)$ at $z=\\mu$: how probable each pixel of the whole shape is.",
    ),
    "placed": (
        "4 · Place",
        "$(t_x,t_y,s_x,s_y)=g_\\theta(y,\\hat y)$ says where that square lies on the photo.",
    ),
    "pasted": (
        "5 · Paste",
        "Pixels with $p\\ge t$ join the visible ones.",
    ),
}
PHOTO_CAPTION = "Photo with the box"
CROP_CAPTION = "ŷ"
CANONICAL_CAPTION = "p(y|z)"
PLACED_CAPTION = "Solid: visible part. Dashed: whole shape"
PASTED_CAPTION = "Whole shape"
PHOTO_ALT = "The photo around the object, with the box around its visible part"
CROP_ALT = "The visible part, squeezed to a square"
CANONICAL_ALT = "The decoded shape: violet improbable, yellow certain"
PLACED_ALT = "The photo with the boxes of the visible part and of the whole shape"
PASTED_ALT = "The whole shape on the photo"
CODES_ALT = "Mean and standard deviation of each dimension of the code"
KL_ALT = "KL of each dimension"
CODES_KEY = "Each dimension of z: μ ± σ. Grey band: the prior, 0 ± 1."

ALONG = "Walk through the latent space"
ALONG_KEY = (
    "The directions in which this object's shape is least certain: the leading singular vectors of "
    "the decoder's slope at $\\mu$ times $\\sigma$. One unit is one standard deviation."
)
ALONG_RESET = "Back to the mean"
ALONG_SHAPE = "p(y|z)"
ALONG_PLACED = "On the photo"

OCCLUDER = "Hide a part, and watch the doubt grow"
OCCLUDER_KEY = (
    "Drag the bar over the shape; its corner resizes it. Keys: arrows move it, Shift and arrows "
    "resize it. The model sees only the white rest, and is not told where the bar is."
)
BAR = "Bar that hides a part of the shape; arrows move it, Shift and arrows resize it"
TRAIL = "Spread (up) against the hidden share (right)"
DOUBT = (
    "Hidden",
    "Spread of the shapes",
    "Undecided pixels",
    "Mean σ of the code",
    "KL to the prior",
)
DOUBT_KEY = (
    "Spread: 1 − IoU of two samples, mean of all pairs. Undecided: entropy of the pixels in bits, "
    "and as a share of the shape. Mostly the shape widens, not σ: what a step in z does depends on "
    "where z is."
)
ALL_HIDDEN = "The bar hides all of the shape: there is nothing to go by."

BETWEEN = "Between two objects"
BETWEEN_KEY = "The straight line from one mean code to the other: $z=(1-a)\\,\\mu_1+a\\,\\mu_2$."
OTHER = "Other object"
SHARE = "a"
ALONE = "The photo has no other object with an outline: add one in the editor."
PRIOR = "Samples of the prior"
PRIOR_KEY = "Shapes of codes from $p(z)=\\mathcal N(0,I)$: no photo, no class, just the decoder."
DRAW = "Draw again"

TERMS = "The objective of this object"
TERMS_KEY = (
    "In nats; expectations are means of 20 samples. Here $\\lambda=1$, so likelihood − KL bounds "
    "the log-probability of what is seen from below. The trainings weigh the terms differently."
)
EQ_1 = "Eq. 1, the true whole mask, encoded by stage 1: E[log p(y|z)] − KL(q(z|y,c) ‖ p(z))"
EQ_5 = "Eq. 5, visible and known pixels: E[log p(ŷ<sup>vis</sup>|z)] − KL(q̂(z|ŷ,c) ‖ p(z))"
EQ_23 = "Eqs. 2 and 3, with the true whole mask"
LIKELIHOOD = "Log-likelihood"
MINUS_KL = "− KL"
BOUND = "Lower bound"
MATCHING = "Code matching E[½ ‖ẑ − z‖²]"
NO_TRUTH = "Eqs. 1 to 3 need the whole mask: select an object of a rendered street to see them."

CURVES = "How it was trained"
CURVES_KEY = "Each term over the training's steps, on a scale of its own, nats an object."
NO_CURVES = "There are no training curves beside these weights."
CURVE_NAMES = {
    "stage1": {"nll": "Stage 1: −log p(y|z)", "kl": "Stage 1: KL"},
    "stage2": {"latent": "Stage 2: ½‖ẑ − z‖²", "kl": "Stage 2: KL"},
    "stage3": {"visible": "Stage 3: −log p(ŷ vis|z)", "kl": "Stage 3: KL"},
}


def title(name: str, example: bool) -> str:
    """What is explained, and where it comes from."""
    where = "from the first example; select another one in the editor" if example else "selected"
    return f"**{verbatim(name)}** ({where})"


def kl_key(total: float, dimensions: int) -> str:
    """Below the bars of KL."""
    return f"KL of each dimension, largest first. Sum: {total:.1f} nats in {dimensions} dimensions."


def theta(values: tuple[float, float, float, float]) -> str:
    """The transformer's numbers."""
    tx, ty, sx, sy = values
    return f"$t=({tx:+.2f},\\,{ty:+.2f})$, $s=({sx:.2f},\\,{sy:.2f})$"


def pasted(threshold: float, area: int, visible_iou: float) -> str:
    """About the completed shape."""
    return f"$t={threshold:g}$, {count(area)} px, IoU of the visible part {visible_iou:.2f}"


def direction(number: int, share: float) -> str:
    """A slider's label."""
    return f"Direction {number} ({share:.0%} of the shape's variance)"


def nats(value: float) -> str:
    """A number of nats, with a true minus."""
    return f"{value:,.1f}".replace(",", "\u202f").replace("-", "\u2212")


def doubt_values(
    hidden: float, spread: float, undecided: float, share: float, std: float, kl: float
) -> tuple[str, ...]:
    """The numbers beside DOUBT."""
    return (
        f"{hidden:.0%}",
        f"{spread:.1%}",
        f"{count(round(undecided))} ({share:.0%})",
        f"{std:.3f}",
        f"{kl:.1f} nats",
    )


def steps(number: int) -> str:
    """Where a curve ends."""
    return f"0 to {count(number)} steps"
