"""Recordings of exchanges, in many formats: read, written, and judged in bulk."""

from hpp_contract.recordings.reading import Reading, read_recordings

__all__ = ["Reading", "read_recordings"]
