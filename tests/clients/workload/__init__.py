"""Random telemetry and random queries, all of it from one seed.

The data is made to be awkward: the same field with values of several kinds, text that looks like
numbers, empty text, zeros and negatives, integers at the edge of what a float holds, missing
fields, weights, events on exact bucket and range borders. The queries aim at that data, so that
most of them find something.
"""
