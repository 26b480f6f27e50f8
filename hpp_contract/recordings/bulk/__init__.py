"""Judging very many recorded exchanges: alike ones once, in several processes or on a Dask cluster."""
