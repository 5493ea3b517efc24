//! Spreads pure work over the cores, keeping the order.

/// Fewer items than this are not worth a thread.
const ITEMS_MIN: usize = 64;

/// Applies `work` to every item, on as many threads as there are cores, and returns the results in the items' order.
pub(crate) fn in_parallel<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    in_parallel_with(items, || (), |(), item| work(item))
}

/// The same, with something that each thread has for itself.
pub(crate) fn in_parallel_with<T: Send, R: Send, S>(
    items: Vec<T>,
    own: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, T) -> R + Sync,
) -> Vec<R> {
    let all = |items: Vec<T>| {
        let mut own = own();
        items.into_iter().map(|item| work(&mut own, item)).collect::<Vec<R>>()
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if threads == 1 || items.len() < ITEMS_MIN {
        return all(items);
    }
    let share = items.len().div_ceil(threads);
    let mut rest = items;
    let mut shares = Vec::with_capacity(threads);
    while !rest.is_empty() {
        let tail = rest.split_off(share.min(rest.len()));
        shares.push(std::mem::replace(&mut rest, tail));
    }
    std::thread::scope(|scope| {
        let all = &all;
        let running: Vec<_> = shares.into_iter().map(|share| scope.spawn(move || all(share))).collect();
        running
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
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
