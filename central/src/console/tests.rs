//! The page and its feed, over a temporary database.
