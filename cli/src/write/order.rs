//! Parts that are made in any order, used in the order of their numbers.

use std::collections::BTreeMap;

/// Holds parts back that come early.
pub struct InOrder<T> {
    /// The number of the part that is next.
    next: usize,
    early: BTreeMap<usize, T>,
}

impl<T> Default for InOrder<T> {
    fn default() -> Self {
        InOrder { next: 0, early: BTreeMap::new() }
    }
}

impl<T> InOrder<T> {
    /// Adds a part by its number. Returns the parts whose turn it is: none if this part came early; else
    /// this part and those that were held back for it.
    pub fn add(&mut self, number: usize, part: T) -> impl Iterator<Item = T> {
        self.early.insert(number, part);
        std::iter::from_fn(|| {
            let part = self.early.remove(&self.next)?;
            self.next += 1;
            Some(part)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_in_the_order_of_their_numbers() {
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
            let (mut parts, mut found) = (InOrder::default(), Vec::new());
            for number in order {
                let ready: Vec<usize> = parts.add(number, 10 * number).collect();
                assert!(ready.is_empty() || ready[0] == 10 * number, "{order:?}");
                found.extend(ready);
            }
            assert_eq!(found, [0, 10, 20, 30], "{order:?}");
        }
    }
}
