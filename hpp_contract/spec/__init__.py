"""What is known of the endpoint, as constants and tables, and where its schemas are. Nothing here has an opinion.

Whatever is true of this endpoint only is said here, in `rules` or in `cases`, and nowhere else.
"""
