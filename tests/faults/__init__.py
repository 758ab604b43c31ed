"""What a fault costs: a small site under gunicorn and under uvicorn, before, during and after each outage.

python -m tests.faults --help
"""
