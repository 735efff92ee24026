"""Captures, programs to run over them, and what came of it."""
