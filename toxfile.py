"""Let tox see every CPython of this machine, not only the active one. tox loads this file by itself."""

import os
from pathlib import Path

_pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
# .ci/python314 puts its Python there.
_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "waffle-iron"
_bins = [*sorted(_pyenv.glob("versions/3.*/bin")), *sorted(_cache.glob("python3.*/usr/bin"))]

os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, _bins)])
# A missing Python is skipped at once and by name; UV_PYTHON_DOWNLOADS=automatic lets uv fetch it instead.
os.environ.setdefault("UV_PYTHON_DOWNLOADS", "never")
