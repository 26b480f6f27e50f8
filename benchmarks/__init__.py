"""What the suite costs and what it catches, measured. Figures are for reading: no test asserts a time."""
