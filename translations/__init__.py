"""Catalogs: for each language, `people.po` with what all people read, and `admins.po` with what only owners and admins
read. `make translations` extracts the texts and adds what is new; `make install` compiles the catalogs.
"""
