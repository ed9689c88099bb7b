"""Small charts as SVG text, in colours that follow the page's. No text of users gets in here.

The drawings stretch to their place; labels are HTML beside them, so that they stay readable.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from demo import text

REACH = 3.5  # largest code shown
LEAST_TOP = 1.0  # nats at the top of the bars, at least


def whiskers(mean: np.ndarray, std: np.ndarray, kl: np.ndarray) -> str:
    """Mean and width of each dimension against the prior's, and its KL below; largest KL first.

    Args:
        mean, std, kl: (D,).
    """
    order = np.argsort(-kl)
    count = len(order)
    lines, middles, bars = [], [], []
    for x, index in enumerate(order):
        m, s = float(mean[index]), float(std[index])
        lines.append(f"M{x + 0.5} {-(m - s):.3f}V{-(m + s):.3f}")
        middles.append(f"M{x + 0.12} {-m:.3f}h.76")
        bars.append(f"M{x + 0.12} 0h.76v{-float(kl[index]):.3f}h-.76Z")
    top = max(float(kl.max()), LEAST_TOP)
    prior = f'<rect class="prior" x="0" y="-1" width="{count}" height="2"/>'
    zero = f'<path class="axis" d="M0 0H{count}"/>'
    codes = f'{prior}{zero}<path class="line" d="{"".join(lines)}"/>'
    codes += f'<path class="middle" d="{"".join(middles)}"/>'
    return (
        _plot(text.CODES_ALT, codes, (0, -REACH, count, 2 * REACH), ("3.5", "0", "−3.5"), "tall")
        + f'<p class="plot-key">{text.CODES_KEY}</p>'
        + _plot(
            text.KL_ALT,
            f'<path class="bars" d="{"".join(bars)}"/>',
            (0, -top, count, top),
            (f"{top:.1f}", "0"),
        )
        + f'<p class="plot-key">{text.kl_key(float(kl.sum()), count)}</p>'
    )


def terms(rows: Sequence[tuple[str, float]], formula: str) -> str:
    """Terms of an objective (nats) as bars with numbers, longest one as wide as the place."""
    longest = max((abs(value) for _, value in rows), default=1.0) or 1.0
    bars = []
    for name, value in rows:
        kind, width = "loss" if value < 0 else "gain", 100 * abs(value) / longest
        bar = f'<i class="{kind}" style="width:{width:.1f}%"></i>'
        bars.append(f'<div class="term"><span>{name}</span><b>{text.nats(value)}</b>{bar}</div>')
    return f'<div class="terms"><p>{formula}</p>{"".join(bars)}</div>'


def curves(series: Sequence[tuple[str, Sequence[tuple[float, float]]]]) -> str:
    """Losses over training steps, each with a scale of its own.

    Args:
        series: (name, points (step, value)).
    """
    plots = []
    for name, points in series:
        x, y = np.array(points, np.float64).T
        low, high = float(y.min()), float(y.max())
        high = high if high > low else low + 1
        path = "L".join(f"{a:.1f} {-b:.2f}" for a, b in zip(x, y, strict=True))
        pad = 0.06 * (high - low)
        view = (0.0, -high - pad, float(x.max()), high - low + 2 * pad)
        plot = _plot(
            name, f'<path class="curve" d="M{path}"/>', view, (f"{high:.0f}", f"{low:.0f}")
        )
        key = f'<p class="plot-key">{text.training_steps(int(x.max()))}</p>'
        plots.append(f'<div><p class="plot-title">{name}</p>{plot}{key}</div>')
    return f'<div class="curves">{"".join(plots)}</div>'


def _plot(
    alt: str,
    drawing: str,
    view: tuple[float, float, float, float],
    labels: Sequence[str],
    kind: str = "",
) -> str:
    """A drawing with the labels of its upright axis, top to bottom."""
    box = " ".join(f"{number:g}" for number in view)
    axis = "".join(f"<span>{label}</span>" for label in labels)
    return (
        f'<div class="plot {kind}"><div class="plot-y" aria-hidden="true">{axis}</div>'
        f'<svg viewBox="{box}" preserveAspectRatio="none" role="img" aria-label="{alt}">'
        f"{drawing}</svg></div>"
    )
