//! The pages of the guide with blocks of Rust, which are run as tests. `integrations/guide` has the pages of the
//! frameworks.

/// Makes a module of each page, so that a failing block is named by its page.
macro_rules! pages {
    ($($page:ident = $file:literal,)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("src/", $file))]
            pub mod $page {}
        )*
    };
}

pages! {
    getting_started = "getting-started.md",
    seeds_and_paths = "seeds-and-paths.md",
    distributions = "distributions.md",
    initializers = "initializers.md",
    lasagne = "systems/lasagne.md",
    keras = "systems/keras.md",
    keras3 = "systems/keras3.md",
    torch = "systems/torch.md",
    jax = "systems/jax.md",
    layouts_and_fans = "layouts-and-fans.md",
    shards_and_processes = "shards-and-processes.md",
    embedding = "embedding.md",
    reproducibility = "reproducibility.md",
    migrating = "migrating.md",
    faq = "faq.md",
}
