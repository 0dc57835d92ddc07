"""The statistics of the scoring in pandas and NumPy, on the events ScoringBenchmark writes: time an event.

Same windows, rings and formulas (docs/scoring.md) as far as they can be had without a loop over events (but for odd_hours):
rolling counts and sums by searchsorted, medians and MADs of rings by sliding windows, negative binomial
tails, hour and category shares by cumulative counts, haversine distances. No evidence, carry or words.
"""

import sys
import time

import numpy as np
import pandas as pd

HOUR, DAY = 3600.0, 86400.0


def negative_binomial_surprise(counts, means, size):
    """-ln P(X >= n), by the sum of the probabilities below n."""
    share = size / (size + means)
    probability = share**size
    below = np.zeros_like(means)
    for k in range(int(counts.max())):
        below += np.where(k < counts, probability, 0)
        probability = probability * (1 - share) * (k + size) / (k + 1)
    return -np.log(np.maximum(1 - below, 1e-300))


def ring(values, length):
    """Median and MAD of the `length` values before each one."""
    padded = np.concatenate([np.full(length, np.nan), values[:-1]])
    windows = np.lib.stride_tricks.sliding_window_view(padded, length)
    median = np.nanmedian(windows, axis=1)
    return median, np.nanmedian(np.abs(windows - median[:, None]), axis=1)


def centre_and_spread(amounts):
    median = amounts.median()
    return median, max(1.4826 * (amounts - median).abs().median(), 0.2 * median, 0.5)


def distance(a, b, c, d):
    a, b, c, d = (np.radians(x) for x in (a, b, c, d))
    chord = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    return 12742.0176 * np.arcsin(np.sqrt(np.minimum(1, chord)))


def cusum(steps, times):
    """max(0, sum of the steps), halved every three days. Each sum needs the one before: the one loop over events."""
    decay = np.exp2(-np.diff(times, prepend=times[0]) / (3 * DAY)).tolist()
    total, sums = 0.0, []
    for step, share in zip(steps.tolist(), decay):
        total = max(0.0, total * share + step)
        sums.append(total)
    return np.array(sums)


def customer_statistics(group, hour_share, peers, overall):
    t = group["time"].to_numpy()
    amount = group["amount"].to_numpy()
    n = np.arange(len(t))
    since = lambda w: n + 1 - np.searchsorted(t, t - w, side="right")
    c1, c6, c24, c7, c37 = (since(w) for w in (HOUR, 6 * HOUR, DAY, 7 * DAY, 37 * DAY))
    total = np.cumsum(amount)
    sum24 = total - np.where(n >= c24, total[np.maximum(n - c24, 0)], 0)
    age = (t - t[0]) / DAY
    rate = (c37 - c24 + 3 * 1.5) / (np.clip(age - 1, 0, 36) + 3)
    rate7 = (c37 - c7 + 3 * 1.5) / (np.clip(age - 7, 0, 30) + 3)
    hour = (t // HOUR % 24).astype(int)
    six = sum(hour_share[(hour - k) % 24] for k in range(6))
    out = {
        "orders_1h": negative_binomial_surprise(c1, rate / 24 * np.maximum(0.25, 24 * hour_share[hour]) + 0.02, 8),
        "orders_6h": negative_binomial_surprise(c6, rate * six + 0.05, 8),
        "orders_24h": negative_binomial_surprise(c24, rate + 0.05, 8),
        "orders_7d": negative_binomial_surprise(c7, 7 * rate7 + 0.1, 32),
    }
    median, mad = ring(amount, 64)
    spread = np.maximum(np.maximum(1.4826 * mad, 0.2 * median), 0.5)
    trust = np.minimum(n, 64) / (np.minimum(n, 64) + 5)
    out["amount_over_own"] = trust * (amount - median) / spread
    habit = np.where(n >= 5, np.fmax(median, overall[0]), overall[0])
    out["amount_over_all"] = (amount - habit) / overall[1]
    out["amount_day"] = trust * np.sqrt(c24) * (sum24 / c24 - 1.1 * median) / spread
    out["spend_24h"] = (sum24 - rate * 1.15 * median) / (1.15 * median * np.sqrt((rate + 0.25) * 2))
    category = group["category"].to_numpy()
    over, rare = np.empty(len(t)), np.empty(len(t))
    for c in np.unique(category):
        at = np.flatnonzero(category == c)
        m, d = ring(amount[at], 32)
        k = np.minimum(np.arange(len(at)), 32)
        w = np.where(k >= 3, k / (k + 8), 0)
        usual = w * np.nan_to_num(m) + (1 - w) * peers[c][0]
        over[at] = (amount[at] - usual) / (w * np.nan_to_num(1.4826 * d) + (1 - w) * peers[c][1])
        rare[at] = -np.log((np.arange(len(at)) + 10 * peers[c][2]) / (at + 10))
    out["amount_over_peers"], out["small_amount"], out["rare_category"] = over, np.maximum(0, -over), rare
    onehot = np.zeros((len(t), 24))
    onehot[n, hour] = 1
    before = np.cumsum(onehot, axis=0) - onehot
    near = 0.5 * before[n, hour] + 0.25 * before[n, (hour - 1) % 24] + 0.25 * before[n, (hour + 1) % 24]
    out["rare_hour"] = -np.log((near + 12 * hour_share[hour]) / (n + 12))
    out["odd_hours"] = cusum(out["rare_hour"] + np.sum(hour_share * np.log(hour_share)) - 0.5, t)
    new = ~group["counterparty"].duplicated().to_numpy()
    out["new_counterparty"] = np.where(new, -np.log((np.cumsum(new) - new + 1) / (n + 2)), 0)
    km = distance(
        group["home_latitude"].to_numpy(), group["home_longitude"].to_numpy(),
        group["latitude"].to_numpy(), group["longitude"].to_numpy())
    m, d = ring(km, 64)
    out["distance_from_home"] = (km - m) / np.maximum(1.4826 * d, 5)
    return out


def main():
    events = pd.read_csv(sys.argv[1])
    np.seterr(all="ignore")
    import warnings

    warnings.simplefilter("ignore")
    started = time.process_time()
    hours = (events["time"] // HOUR % 24).astype(int)
    hour_share = ((hours.value_counts().reindex(range(24), fill_value=0) + 2) / (len(events) + 48)).to_numpy()
    peers = {}
    for category, amounts in events.groupby("category")["amount"]:
        peers[category] = (*centre_and_spread(amounts), len(amounts) / len(events))
    overall = centre_and_spread(events["amount"])
    checksum = 0.0
    for _, group in events.groupby("customer", sort=False):
        for values in customer_statistics(group, hour_share, peers, overall).values():
            checksum += np.nansum(values)
    seconds = time.process_time() - started
    print(f"{len(events)} events: {seconds / len(events) * 1e6:.3f} microseconds an event in pandas and NumPy")
    print(f"checksum {checksum}")


main()
