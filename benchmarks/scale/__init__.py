"""How costs grow: with users, flags, groups and checks. Run it with `tox run -e scale`.

`curves.py` says what grows and what is to be reached, `growth.py` measures a point of a curve, `waiting.py`
how long requests wait while something changes, and `picture.py` draws the curves.
"""
