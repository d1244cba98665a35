"""The normal and the gamma distribution for compiled code, which cannot call SciPy's: held to SciPy's by test."""

import math

import numpy as np
from numba import njit

ROOT_2 = math.sqrt(2.0)
LOG_ROOT_2_PI = 0.5 * math.log(2 * math.pi)
# Below this the complementary error function is nearly 0, and its logarithm is taken from a series.
FAR = -30.0
SMALL = 1e-300
EXACT = 1e-15
MOST_STEPS = 500

# Wichura (1988), algorithm AS 241 (PPND16): numerators and denominators for the middle, the tails and the far tails.
MIDDLE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
     5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
)  # fmt: skip
TAIL = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
     3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
     0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0),
)  # fmt: skip
FAR_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
     0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
     0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0),
)  # fmt: skip


@njit(cache=True, error_model="numpy")
def _ratio(x: float, above: tuple[float, ...], below: tuple[float, ...]) -> float:
    upper, lower = 0.0, 0.0
    for place in range(len(above)):
        upper = upper * x + above[place]
        lower = lower * x + below[place]
    return upper / lower


@njit(cache=True, error_model="numpy")
def normal_cdf(x: float) -> float:
    """Return the share of a standard normal below x."""
    return 0.5 * math.erfc(-x / ROOT_2)


@njit(cache=True, error_model="numpy")
def normal_quantile(share: float) -> float:
    """Return the value below which a share of a standard normal lies."""
    if not 0.0 < share < 1.0:
        return -np.inf if share == 0.0 else np.inf if share == 1.0 else np.nan
    off = share - 0.5
    if abs(off) <= 0.425:
        return off * _ratio(0.180625 - off * off, MIDDLE[0], MIDDLE[1])
    root = math.sqrt(-math.log(share if off < 0 else 1.0 - share))
    found = _ratio(root - 1.6, TAIL[0], TAIL[1]) if root <= 5.0 else _ratio(root - 5.0, FAR_TAIL[0], FAR_TAIL[1])
    return -found if off < 0 else found


@njit(cache=True, error_model="numpy")
def log_normal_cdf(x: float) -> float:
    """Return the logarithm of the share of a standard normal below x, far down too."""
    if x > FAR:
        return math.log(normal_cdf(x))
    less = 1.0 / (x * x)
    return -0.5 * x * x - math.log(-x) - LOG_ROOT_2_PI + math.log1p(-less * (1.0 - 3.0 * less * (1.0 - 5.0 * less)))


@njit(cache=True, error_model="numpy")
def gamma_above(shape: float, x: float) -> float:
    """Return the share of a gamma distribution of rate 1 above x."""
    if not (shape > 0.0 and x >= 0.0):
        return np.nan
    if x == 0.0:
        return 1.0
    weight = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    return 1.0 - weight * _series(shape, x) if x < shape + 1.0 else weight * _fraction(shape, x)


@njit(cache=True, error_model="numpy")
def _series(shape: float, x: float) -> float:
    """Return the sum of x^n / (a (a + 1) ... (a + n))."""
    term = 1.0 / shape
    total = term
    for step in range(1, MOST_STEPS):
        term *= x / (shape + step)
        total += term
        if term < total * EXACT:
            break
    return total


@njit(cache=True, error_model="numpy")
def _fraction(shape: float, x: float) -> float:
    """Return the continued fraction of the upper incomplete gamma function (Lentz's way to work one out)."""
    below = x + 1.0 - shape
    rising, falling = 1.0 / SMALL, 1.0 / below
    found = falling
    for step in range(1, MOST_STEPS):
        part = -step * (step - shape)
        below += 2.0
        falling = 1.0 / (part * falling + below)
        rising = below + part / rising
        change = falling * rising
        found *= change
        if abs(change - 1.0) < EXACT:
            break
    return found


@njit(cache=True, error_model="numpy")
def gamma_quantile_above(shape: float, share: float) -> float:
    """Return the value above which a share of a gamma distribution of rate 1 lies: halving and Newton's steps."""
    if share >= 1.0:
        return 0.0
    low, high = 0.0, shape + 1.0
    while gamma_above(shape, high) > share:
        low, high = high, 2.0 * high
    x = 0.5 * (low + high)
    for _ in range(200):
        off = gamma_above(shape, x) - share
        if off > 0.0:
            low = x
        else:
            high = x
        slope = math.exp((shape - 1.0) * math.log(x) - x - math.lgamma(shape))
        then = x + off / slope
        if not low < then < high:
            # A geometric middle: of shapes far below 1 almost all lies near 0.
            then = math.sqrt(low * high) if low > 0.0 else high * 1e-3
        if abs(then - x) <= 4e-16 * x:
            break
        x = then
    return x
