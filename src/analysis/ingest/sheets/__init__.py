"""Tables of one's own: cells, grids, the layouts of a `recipe.toml`, and drafts of them."""
