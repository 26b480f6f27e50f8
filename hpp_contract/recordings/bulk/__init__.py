"""Judging very many recorded exchanges: equal ones once, in several processes or on a Dask cluster."""
