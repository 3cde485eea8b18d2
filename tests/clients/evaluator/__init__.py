"""A naive evaluator: what the server must answer, in the simplest Python that can say it.

It works from the OTLP JSON as it was sent and from the written rules alone and shares no code with
the server, so that a mistake has to be made twice, in two languages, to pass unseen. It is slow on
purpose: every event is a dict in a list, and every query reads all of them.
"""
