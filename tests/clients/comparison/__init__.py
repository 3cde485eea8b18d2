"""Compares a server's answer with the evaluator's, allowing what the rules leave open and no more.

Percentiles may be off by a stated error and sums by rounding, so groups whose order or survival
hangs on such a value may come out either way. All else has to be equal.
"""
