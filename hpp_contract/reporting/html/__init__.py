"""The HTML report: one file, without scripts from elsewhere, readable without any."""
