"""The contracts folder: what is on record about contracts, in files that live in version control.

    contracts/records/*.yaml    one ContractRecord a file, so that two CI runs never conflict
    contracts/files/…           the specifications and Pact files that records name, each with its digest

`folder` reads it, `recording` adds to it. What it names is loaded when it is needed (`comparers.library`).
"""
