//! Spreads pure work over the cores, keeping the order.

use rayon::prelude::*;

/// Fewer items than this are not worth a second thread.
const ITEMS_MIN: usize = 64;

/// How many runs of neighbours a thread's share falls into at most: with more, threads end together; with fewer, what
/// they have for themselves serves longer.
const SHARES: usize = 2;

/// Applies `work` to every item, on as many threads as there are cores, and returns the results in the items' order.
pub(crate) fn in_parallel<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    in_parallel_with(items, || (), |(), item| work(item))
}

/// The same, with something that each run of neighbours has for itself.
pub(crate) fn in_parallel_with<T: Send, R: Send, S>(
    items: Vec<T>,
    own: impl Fn() -> S + Sync + Send,
    work: impl Fn(&mut S, T) -> R + Sync + Send,
) -> Vec<R> {
    let share = items.len().div_ceil(rayon::current_num_threads()).max(ITEMS_MIN);
    items.into_par_iter().with_min_len(share.div_ceil(SHARES)).map_init(own, work).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_kept_whatever_the_number_of_items() {
        for count in [0, 1, ITEMS_MIN - 1, ITEMS_MIN, 1001] {
            let doubled = in_parallel((0..count).collect(), |number| number * 2);
            assert_eq!(doubled, (0..count).map(|number| number * 2).collect::<Vec<_>>());
        }
    }
}
