"""The benchmark: what checks, pages and saves cost, beside other libraries. Run it with `tox run -e bench`.

`rows.py` says what is measured, `libraries.py` and `caches.py` of what and with what. `workers.py` gives each
library an environment of its own and starts processes in it. `worker.py` is such a process: it does the works
of `works.py` on the site of `settings.py` and `site.py`, in its library's words (`contenders/`), and says
what they took. `rounds.py` asks the workers in turn, and `report.py` shows their answers side by side.
"""
