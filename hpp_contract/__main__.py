"""`python -m hpp_contract`: the same as the installed command, for a bare checkout."""

from hpp_contract.cli import main

if __name__ == "__main__":
    main()
