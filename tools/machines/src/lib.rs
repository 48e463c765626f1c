//! Only tests: the golden hashes and the equality of levels, for machines that are emulated.
