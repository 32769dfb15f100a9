//! Many real engines on one virtual clock and a hostile network.
