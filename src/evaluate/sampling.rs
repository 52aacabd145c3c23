//! Draws samples that anyone can draw again, and says how much a sample can say.

use sha2::{Digest as _, Sha256};

use crate::model::{
    Verdict,
    change::Population,
    sample::{Attribute, AttributeRate, Sample, Sampling, Selection, UpperLimits},
};

/// Draws what is handed to the auditor: the random sample, and then all changes to controls and all emergencies, which
/// are never mixed into a projection.
pub fn sample(population: &Population, sampling: &Sampling) -> Sample {
    let ids: Vec<&str> = population.changes.iter().map(|change| change.commit.as_str()).collect();
    let random = draw(&ids, sampling.size, &sampling.seed);
    let (size, all) = (random.len() as u64, population.changes.len() as u64);
    let attributes = Attribute::ALL.map(|attribute| {
        let ended = random.iter().map(|index| attribute.of(&population.changes[*index]));
        attribute_rate(ended, all, sampling.confidence)
    });
    let AttributeRate { deviations, undetermined, limits, .. } = attributes[Attribute::Reviewed as usize];
    let in_full = population.changes.iter().enumerate();
    let in_full = in_full.filter(|(_, change)| !change.touches_controls.is_empty() || change.is_emergency);
    let mut drawn: Vec<(Selection, usize)> = random.iter().map(|index| (Selection::Random, *index)).collect();
    drawn.extend(in_full.map(|(index, _)| (Selection::WholeStratum, index)));
    Sample {
        sampling: sampling.clone(),
        drawn,
        size,
        deviations,
        undetermined,
        population: all,
        limits,
        attributes,
    }
}

fn attribute_rate(
    ended: impl ExactSizeIterator<Item = Verdict>,
    population: u64,
    confidence: f64,
) -> AttributeRate {
    let size = ended.len() as u64;
    let (mut items, mut deviations, mut undetermined) = (0, 0, 0);
    for verdict in ended {
        items += u64::from(verdict != Verdict::NotApplicable);
        deviations += u64::from(verdict == Verdict::Fail);
        undetermined += u64::from(verdict == Verdict::Undetermined);
    }
    let limits = (size > 0 && items == size && undetermined == 0).then(|| UpperLimits {
        rate: upper_rate(size, deviations, confidence),
        count: upper_count(population, size, deviations, confidence),
    });
    AttributeRate { items, deviations, undetermined, limits }
}

/// The places of the drawn items, in the order of drawing. Each item's rank is the SHA-256 of the seed, a zero byte
/// and the item's id, lowest first: `printf 'SEED\0ID' | sha256sum` gives it to anybody, on any machine.
pub fn draw(ids: &[&str], size: usize, seed: &str) -> Vec<usize> {
    let mut ranked: Vec<([u8; 32], usize)> = ids
        .iter()
        .enumerate()
        .map(|(index, id)| {
            let mut hash = Sha256::new();
            hash.update(seed.as_bytes());
            hash.update([0]);
            hash.update(id.as_bytes());
            (hash.finalize().into(), index)
        })
        .collect();
    ranked.sort();
    ranked.truncate(size);
    ranked.into_iter().map(|(_, index)| index).collect()
}

/// The highest rate of deviations that `deviations` in `size` items leave possible at this confidence, from the
/// binomial distribution (an endless population), between 0 and 1. With one exception in 25 that is not 4 %.
pub fn upper_rate(size: u64, deviations: u64, confidence: f64) -> f64 {
    if size == 0 || deviations >= size {
        return 1.0;
    }
    let risk = 1.0 - confidence;
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..100 {
        let rate = (low + high) / 2.0;
        if binomial_at_most(size, deviations, rate) > risk { low = rate } else { high = rate }
    }
    high
}

/// The most deviations that a population of `population` items can hold, given `deviations` in a sample of `size`
/// drawn without putting back, at this confidence (hypergeometric distribution).
pub fn upper_count(population: u64, size: u64, deviations: u64, confidence: f64) -> u64 {
    let size = size.min(population);
    let deviations = deviations.min(size);
    let risk = 1.0 - confidence;
    // What the sample did not look at could all be deviant, and no more than that.
    let (mut low, mut high) = (deviations, population - size + deviations);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if hypergeometric_at_most(population, middle, size, deviations) > risk {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

/// How many items show, with `allowed` deviations among them, that the rate is at most `tolerable`, at this
/// confidence. With a `population`, the hypergeometric distribution gives the smaller number that suffices. None where
/// no sample can, because the population itself is too small.
pub fn sample_size(population: Option<u64>, allowed: u64, tolerable: f64, confidence: f64) -> Option<u64> {
    if !(0.0..1.0).contains(&confidence) || tolerable <= 0.0 || tolerable >= 1.0 {
        return None;
    }
    let risk = 1.0 - confidence;
    let most = population.unwrap_or(10_000_000);
    let shows = |size: u64| match population {
        Some(population) => {
            let deviant = ((tolerable * population as f64) - 1e-9).ceil().max(1.0) as u64;
            hypergeometric_at_most(population, deviant.min(population), size, allowed) <= risk
        }
        None => binomial_at_most(size, allowed, tolerable) <= risk,
    };
    if most == 0 || !shows(most) {
        return None;
    }
    let (mut low, mut high) = (1, most);
    while low < high {
        let middle = low + (high - low) / 2;
        if shows(middle) { high = middle } else { low = middle + 1 }
    }
    Some(low)
}

/// P(X <= k) of a binomial.
fn binomial_at_most(n: u64, k: u64, rate: f64) -> f64 {
    if k >= n || rate <= 0.0 {
        return 1.0;
    }
    if rate >= 1.0 {
        return 0.0;
    }
    let (yes, no) = (rate.ln(), (-rate).ln_1p());
    let term = |x: u64| (ln_choose(n, x) + x as f64 * yes + (n - x) as f64 * no).exp();
    (0..=k).map(term).sum::<f64>().min(1.0)
}

/// P(X <= k) deviations in `size` drawn of `population`, of which `deviant` are deviations.
fn hypergeometric_at_most(population: u64, deviant: u64, size: u64, k: u64) -> f64 {
    let sound = population - deviant;
    let least = size.saturating_sub(sound);
    let whole = ln_choose(population, size);
    let term = |x: u64| (ln_choose(deviant, x) + ln_choose(sound, size - x) - whole).exp();
    (least..=k.min(deviant).min(size)).map(term).sum::<f64>().min(1.0)
}

fn ln_choose(n: u64, k: u64) -> f64 {
    if k > n { f64::NEG_INFINITY } else { ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k) }
}

fn ln_factorial(n: u64) -> f64 {
    if n < 64 {
        return (2..=n).map(|factor| (factor as f64).ln()).sum();
    }
    // Stirling's series; at 64 the first term left out is below 1e-13.
    let x = n as f64;
    x * x.ln() - x + 0.5 * (std::f64::consts::TAU * x).ln() + 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3))
        + 1.0 / (1260.0 * x.powi(5))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(rate: f64) -> String {
        format!("{:.1}", rate * 100.0)
    }

    #[test]
    fn upper_rates_are_the_known_ones() {
        for (size, deviations, expected) in
            [(25, 0, "8.8"), (25, 1, "14.7"), (40, 0, "5.6"), (60, 0, "3.8"), (60, 1, "6.3")]
        {
            assert_eq!(percent(upper_rate(size, deviations, 0.9)), expected, "{deviations}/{size}");
        }
        assert_eq!(percent(upper_rate(0, 0, 0.9)), "100.0");
        assert_eq!(percent(upper_rate(5, 5, 0.9)), "100.0");
    }

    #[test]
    fn an_attribute_has_a_limit_only_where_every_item_is_decided() {
        use Verdict::*;
        let rate = |ended: &[Verdict]| attribute_rate(ended.iter().copied(), 100, 0.9);
        let known = rate(&[Pass, Fail, Pass, Pass]);
        assert_eq!((known.items, known.deviations, known.undetermined), (4, 1, 0));
        assert_eq!(percent(known.limits.expect("decided").rate), "68.0");
        assert_eq!(rate(&[Pass, Undetermined]).limits, None);
        assert_eq!(
            rate(&[Pass, NotApplicable]),
            AttributeRate { items: 1, deviations: 0, undetermined: 0, limits: None }
        );
        assert_eq!(rate(&[]).limits, None, "nothing drawn says nothing");
    }

    /// Size, deviations, confidence, rate.
    const LIMIT_RATES: &[(u64, u64, f64, f64)] = &[
        (25, 0, 0.9, 0.087989160644),
        (25, 1, 0.9, 0.146867196149),
        (25, 3, 0.95, 0.281722507978),
        (40, 2, 0.9, 0.127628142937),
        (60, 0, 0.95, 0.048702913310),
        (60, 5, 0.95, 0.167263076425),
        (128, 4, 0.99, 0.088001769237),
        (400, 0, 0.9, 0.005739926047),
        (400, 37, 0.95, 0.119890038908),
    ];
    /// Population, size, deviations, confidence, count.
    const LIMIT_COUNTS: &[(u64, u64, u64, f64, u64)] = &[
        (30, 25, 0, 0.9, 1),
        (30, 25, 2, 0.9, 4),
        (100, 25, 0, 0.9, 7),
        (100, 25, 1, 0.95, 15),
        (250, 40, 2, 0.9, 30),
        (500, 60, 0, 0.95, 22),
        (1000, 25, 0, 0.9, 86),
        (1000, 60, 5, 0.95, 164),
        (2698, 25, 1, 0.9, 394),
    ];

    // Exact sums in integers and fractions, computed apart from this program; the first row is Clopper and Pearson's.
    #[test]
    fn limits_agree_with_exact_arithmetic() {
        for (size, deviations, confidence, expected) in LIMIT_RATES {
            let found = upper_rate(*size, *deviations, *confidence);
            assert!((found - expected).abs() < 1e-9, "{deviations} of {size} at {confidence}: {found}");
        }
        for (population, size, deviations, confidence, expected) in LIMIT_COUNTS {
            let found = upper_count(*population, *size, *deviations, *confidence);
            assert_eq!(found, *expected, "{deviations} of {size} of {population} at {confidence}");
        }
    }

    #[test]
    fn sizes_are_the_known_ones() {
        let rates = [0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.10, 0.15, 0.20];
        let sizes = |confidence| rates.map(|rate| sample_size(None, 0, rate, confidence).expect("a size"));
        assert_eq!(sizes(0.95), [149, 99, 74, 59, 49, 42, 36, 32, 29, 19, 14]);
        assert_eq!(sizes(0.90), [114, 76, 57, 45, 38, 32, 28, 25, 22, 15, 11]);
        let allowing =
            |rate, confidence| [0, 1, 2, 3].map(|k| sample_size(None, k, rate, confidence).expect("a size"));
        assert_eq!(allowing(0.05, 0.95), [59, 93, 124, 153]);
        assert_eq!(allowing(0.10, 0.95), [29, 46, 61, 76]);
        assert_eq!(allowing(0.05, 0.90), [45, 77, 105, 132]);
        assert_eq!(allowing(0.10, 0.90), [22, 38, 52, 65]);
        for (population, expected) in [(12, 8), (24, 13), (52, 16), (90, 20), (250, 21), (1000, 22)] {
            assert_eq!(sample_size(Some(population), 0, 0.10, 0.90), Some(expected), "{population}");
        }
        assert_eq!(sample_size(Some(0), 0, 0.1, 0.9), None);
        assert_eq!(sample_size(None, 0, 0.0, 0.9), None);
    }

    #[test]
    fn a_finite_population_is_never_worse_than_an_endless_one() {
        assert_eq!(upper_count(25, 25, 0, 0.9), 0, "all were looked at");
        assert_eq!(upper_count(25, 25, 2, 0.9), 2);
        assert_eq!(upper_count(10, 0, 0, 0.9), 10, "nothing was looked at");
        for population in [30, 100, 1000, 100_000] {
            let finite = upper_count(population, 25, 1, 0.9) as f64 / population as f64;
            assert!(finite <= upper_rate(25, 1, 0.9) + 1.0 / population as f64, "{population}: {finite}");
        }
        let endless = upper_count(1_000_000, 25, 0, 0.9) as f64 / 1e6;
        assert_eq!(percent(endless), "8.8");
    }

    #[test]
    fn a_seed_draws_the_same_items_in_any_order_of_the_list() {
        let ids = ["a", "b", "c", "d", "e", "f"];
        let mut reversed = ids;
        reversed.reverse();
        let named = |list: &[&'static str], seed| {
            draw(list, 3, seed).into_iter().map(|at| list[at]).collect::<Vec<_>>()
        };
        assert_eq!(named(&ids, "7"), named(&reversed, "7"));
        assert_ne!(named(&ids, "7"), named(&ids, "8"));
        assert_eq!(draw(&ids, 99, "7").len(), 6);
        // printf '7\0%s' a b c … | sha256sum, sorted.
        let first = named(&ids, "7")[0];
        let rank = |id: &str| Sha256::digest([b"7\0", id.as_bytes()].concat());
        assert!(ids.iter().all(|id| rank(first) <= rank(id)));
    }

    #[test]
    fn every_item_is_drawn_about_as_often() {
        let ids: Vec<String> = (0..20).map(|n| format!("item-{n}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let mut drawn = [0u32; 20];
        for seed in 0..2000 {
            for index in draw(&ids, 5, &seed.to_string()) {
                drawn[index] += 1;
            }
        }
        assert!(drawn.iter().all(|count| (410..590).contains(count)), "{drawn:?}");
    }
}
