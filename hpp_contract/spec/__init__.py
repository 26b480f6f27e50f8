"""What is known of the endpoint: constants, tables and its schemas, without any judgement.

Facts about this endpoint stand here, in `rules` and in `cases` only.
"""
