"""Recordings: exchanges that somebody kept, in whatever format, as evidence. Reading only judges nothing."""

from hpp_contract.recordings.reading import Reading, read_recordings

__all__ = ["Reading", "read_recordings"]
