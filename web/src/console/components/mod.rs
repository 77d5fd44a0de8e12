//! Parts that only the console uses. None of them calls the network.

pub mod extra;
pub mod matrix;
pub mod menu;
pub mod tree;
pub mod window;
