#![doc = include_str!("../../README.md")]

/// Makes a module of each page of the guide that names a framework, so that its examples run as tests.
macro_rules! pages {
    ($($page:ident = $file:literal,)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("../../../guide/src/", $file))]
            pub mod $page {}
        )*
    };
}

pages! {
    burn = "burn.md",
    candle = "candle.md",
    ndarray = "ndarray.md",
}
