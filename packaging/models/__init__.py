"""Building Lintel's model packs from the makers' own files."""
