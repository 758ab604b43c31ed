"""The benchmark: what a check, a page and a save cost, beside django-waffle. Run it with `tox run -e bench`.

`libraries.py` names the libraries, and gives each an environment of its own. `worker.py` is a process in
such an environment: it runs the rows of `rows.py` on the site of `settings.py` and `site.py`, and says what
they took. `__main__.py` asks the workers in turn, and `report.py` shows their answers side by side.
"""
