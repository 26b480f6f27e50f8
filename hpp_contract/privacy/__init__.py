"""Keep secrets and personal data out of reports and recordings.

Four verbs: `describe` says what a value looks like, never the value. `redact` takes known secrets out of a text.
Pseudonyms (`scrub`, `mask`) replace a value by another of the same shape, so that every rule says the same of it.
`sanitize` is the last check of a text. Which members and header fields are public stands in `spec.fields` only.
"""
