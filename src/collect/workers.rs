//! Work on every processor, with results in an order that no processor decides.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Does numbered work, on every processor where `side_by_side`; results in the order of the numbers.
pub fn in_order<T: Send>(count: usize, side_by_side: bool, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<T>>> = Mutex::new((0..count).map(|_| None).collect());
    let processors = thread::available_parallelism().map_or(2, usize::from).clamp(1, 16);
    let workers = if side_by_side { processors.min(count.max(1)) } else { 1 };
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count {
                        break;
                    }
                    let result = work(at);
                    results.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(result);
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results
        .into_iter()
        .map(|result| result.expect("every number was taken by a worker, and a worker ends only after it"))
        .collect()
}
