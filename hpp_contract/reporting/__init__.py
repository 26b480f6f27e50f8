"""Reports: what they all say (`view`), and one writer for each format (`formats` has the list).

Nothing here judges, and nothing here has a secret: a report goes through `sanitize_report` once, before its view.
"""
