"""Writes golden/statistics.json: paired statistics by SciPy, to hold ours against. Needs `pip install scipy`.

python3 test/scipy/statistics.py
"""
import json
import pathlib

import numpy as np
import scipy
from scipy import stats


def sign_flip(differences):
    """Two-sided p of the mean under all flips of signs."""
    flipped = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided")
    return float(flipped.pvalue)


def interval(differences, statistic):
    found = stats.bootstrap(
        (differences,), statistic, n_resamples=100_000, method="percentile", confidence_level=0.95,
        rng=np.random.default_rng(1))
    return [float(found.confidence_interval.low), float(found.confidence_interval.high)]


def iqm(sample, axis=-1):
    return stats.trim_mean(sample, 0.25, axis=axis)


def better(sample, axis=-1):
    return np.mean((sample < 0) + 0.5 * (sample == 0), axis=axis)


def pairs_needed(effect):
    """Fewest pairs at which the two-sided t test at 5 % has a power of 80 %."""
    for pairs in range(3, 100_001):
        degrees, shift = pairs - 1, effect * np.sqrt(pairs)
        limit = stats.t.ppf(0.975, degrees)
        if stats.nct.sf(limit, degrees, shift) + stats.nct.cdf(-limit, degrees, shift) >= 0.8:
            return pairs
    return None


def case(name, differences):
    differences = np.asarray(differences, dtype=float)
    return {
        "name": name,
        "differences": differences.tolist(),
        "mean": float(np.mean(differences)),
        "iqm": float(iqm(differences)),
        "p": sign_flip(differences) if len(differences) <= 16 else None,
        # Beyond what can be enumerated quickly the sign-flip test of the mean is close to the t test.
        "tTest": float(stats.ttest_1samp(differences, 0).pvalue),
        "meanInterval": interval(differences, np.mean),
        "iqmInterval": interval(differences, iqm),
        "probabilityBetter": float(better(differences)),
        "probabilityBetterInterval": interval(differences, better),
        "pairsNeeded": pairs_needed(abs(np.mean(differences) / np.std(differences, ddof=1))),
    }


def cases():
    random = np.random.default_rng(34)
    yield case("six pairs, all better", -np.abs(random.normal(0.01, 0.004, 6)))
    yield case("eight pairs, mixed", random.normal(0.002, 0.01, 8))
    yield case("ten pairs with ties", np.round(random.normal(0, 1, 10)) / 2000)
    yield case("twelve pairs, heavy tails", random.standard_t(2, 12) / 100)
    yield case("fifteen pairs, one far away", np.concatenate([random.normal(0.001, 0.002, 14), [-0.3]]))
    yield case("sixteen pairs, skewed", random.exponential(0.01, 16) - 0.006)
    yield case("thirty pairs, small gain", random.normal(-0.003, 0.008, 30))
    yield case("forty pairs, nothing", random.normal(0, 0.01, 40))


def main():
    golden = pathlib.Path(__file__).parent / "golden" / "statistics.json"
    golden.parent.mkdir(exist_ok=True)
    golden.write_text(json.dumps({"scipy": scipy.__version__, "cases": list(cases())}, indent=1) + "\n")


if __name__ == "__main__":
    main()
