"""Clients with one bug each, and conforming clients of every manner. What should become of them is tested elsewhere."""
