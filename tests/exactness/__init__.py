"""Exactness: writers and readers in processes of their own, and a checker that judges every read afterwards.

    python -m tests.exactness --help

docs/topics/exactness.md says what is promised, what the times prove, and what the limits are.
"""
