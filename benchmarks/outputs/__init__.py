"""Every output of every command, recorded at one commit and compared with that of another.

A change of the inside shows no structural difference; a change of verdicts shows exactly those verdicts. Uses nothing
of hpp_contract but its command line.
"""
