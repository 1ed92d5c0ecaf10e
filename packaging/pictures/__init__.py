"""Test pictures: fetched, never part of the project."""
