"""Writes golden/statistics.json: what SciPy says of generated verdicts, to hold ours against. Needs `pip install scipy`.

python3 test/scipy/statistics.py

Nothing here is taken over from our code: intervals are SciPy's bootstrap (several samples for strata, paired samples for sums and
counts of clusters), p is its permutation test, power its noncentral t distribution, Holm's correction the textbook's loop.
"""
import json
import pathlib

import numpy as np
import scipy
from scipy import stats

RESAMPLES = 100_000
LEVELS = (0.05, 0.04, 0.005)


def sign_flip(differences):
    """Two-sided p of the mean under all flips of signs."""
    flipped = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided")
    return float(flipped.pvalue)


def expanded_coverage(units, strata):
    """Hesterberg (2015), section 5.3: the coverage to ask of percentiles so that they reach as far as Student's t."""
    degrees = units - strata
    return 1 - 2 * stats.norm.sf(stats.t.ppf(0.975, degrees) * np.sqrt(units / degrees))


def interval(samples, statistic, coverage, paired=False):
    found = stats.bootstrap(
        samples, statistic, n_resamples=RESAMPLES, method="percentile", confidence_level=coverage, paired=paired,
        rng=np.random.default_rng(1), batch=10_000)
    return [float(found.confidence_interval.low), float(found.confidence_interval.high)]


def joined(statistic):
    """Of samples that are resampled one by one."""
    return lambda *samples, axis=-1: statistic(np.concatenate(samples, axis=axis), axis)


def mean(sample, axis=-1):
    return np.mean(sample, axis=axis)


def iqm(sample, axis=-1):
    return stats.trim_mean(sample, 0.25, axis=axis)


def better(sample, axis=-1):
    return np.mean((sample < 0) + 0.5 * (sample == 0), axis=axis)


def over_clusters(differences, clusters):
    sums = np.array([differences[clusters == cluster].sum() for cluster in np.unique(clusters)])
    counts = np.array([np.sum(clusters == cluster) for cluster in np.unique(clusters)])
    ratio = lambda total, count, axis=-1: total.sum(axis=axis) / count.sum(axis=axis)  # noqa: E731
    return {
        "p": sign_flip(sums),
        "meanInterval": interval((sums, counts), ratio, expanded_coverage(len(sums), 1), paired=True),
    }


def pairs_needed(effect, level):
    """Fewest pairs at which the two-sided t test at this level has a power of 80 %."""
    def power(pairs):
        degrees, shift = pairs - 1, effect * np.sqrt(pairs)
        limit = stats.t.ppf(1 - level / 2, degrees)
        return stats.nct.sf(limit, degrees, shift) + stats.nct.cdf(-limit, degrees, shift)
    return next((pairs for pairs in range(3, 100_001) if power(pairs) >= 0.8), None)


def case(name, differences, strata=None, clusters=None):
    differences = np.asarray(differences, dtype=float)
    strata = np.zeros(len(differences), int) if strata is None else np.asarray(strata)
    samples = tuple(differences[strata == stratum] for stratum in np.unique(strata))
    coverage = expanded_coverage(len(differences), len(samples))
    share = better(differences)
    effect = abs(np.mean(differences) / np.std(differences, ddof=1))
    return {
        "name": name,
        "differences": [round(float(value), 12) for value in differences],
        "strata": strata.tolist(),
        "mean": float(np.mean(differences)),
        "iqm": float(iqm(differences)),
        "p": sign_flip(differences) if len(differences) <= 16 else None,
        # Beyond what can be enumerated quickly the sign-flip test of the mean is close to the t test.
        "tTest": float(stats.ttest_1samp(differences, 0).pvalue),
        "meanInterval": interval(samples, joined(mean), coverage),
        "iqmInterval": interval(samples, joined(iqm), coverage),
        "probabilityBetter": float(share),
        "probabilityBetterInterval": probability_interval(samples, share, coverage),
        "overTunings": None if clusters is None else over_clusters(differences, np.asarray(clusters)),
        "pairsNeeded": {str(level): pairs_needed(effect, level) for level in LEVELS},
    }


def probability_interval(samples, share, coverage):
    """Where all pairs of each stratum say the same, resampling moves nothing."""
    if any(len(np.unique(np.sign(sample))) > 1 for sample in samples):
        return interval(samples, joined(better), coverage)
    return wilson(share, sum(len(sample) for sample in samples))


def wilson(share, trials):
    found = stats.binomtest(round(share * trials), trials).proportion_ci(0.95, method="wilson")
    return [float(found.low), float(found.high)]


def holm(p_values):
    """Adjusted p values, step by step from the smallest (Holm 1979)."""
    adjusted, least = np.empty(len(p_values)), 0.0
    for step, index in enumerate(np.argsort(p_values)):
        least = max(least, min(1.0, (len(p_values) - step) * p_values[index]))
        adjusted[index] = least
    return adjusted


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
    turns = np.arange(30) % 10
    yield case("thirty pairs in ten tunings that have their own luck", random.normal(0.004, 0.006, 30) + random.normal(0, 0.01, 10)[turns], clusters=turns)
    turns = np.arange(14) % 10
    yield case("fourteen pairs, four tunings with two", random.normal(-0.01, 0.006, 14) + random.normal(0, 0.004, 10)[turns], clusters=turns)
    classes = np.arange(12) % 3
    yield case("twelve pairs over three pairs of classes", random.normal(0, 0.004, 12) + np.array([0.02, -0.01, 0.05])[classes], strata=classes)
    classes = np.arange(30) % 15
    yield case("thirty pairs over fifteen pairs of classes", random.normal(0, 0.004, 30) + random.normal(0, 0.03, 15)[classes], strata=classes)


def tables():
    tries = [0.003, 0.03, 0.21, 0.5, 0.8, 0.011, 0.9]
    return {
        "holm": {"p": min(tries), "configurations": len(tries), "corrected": float(holm(tries)[int(np.argmin(tries))])},
        "wilson": [{"share": share, "trials": trials, "interval": wilson(share, trials)} for share, trials in ((1, 6), (0, 10), (1, 30), (0.5, 8))],
        "student": [{"degrees": degrees, "limit": float(stats.t.ppf(0.975, degrees))} for degrees in (1, 2, 3, 5, 8, 9, 29, 44, 300)],
        "binomial": [{"error": error, "samples": samples, "spread": float(stats.binom(samples, error).std() / samples)} for error, samples in ((0.0111, 2000), (0.5, 40))],
    }


def main():
    golden = pathlib.Path(__file__).parent / "golden" / "statistics.json"
    golden.parent.mkdir(exist_ok=True)
    golden.write_text(json.dumps({"scipy": scipy.__version__, **tables(), "cases": list(cases())}, indent=1) + "\n")


if __name__ == "__main__":
    main()
