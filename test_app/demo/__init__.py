"""The demo: `python -m test_app.demo` shows who sees what, `python -m test_app.demo serve` opens the site."""
