"""One module for each format of recordings, and the list of them."""
