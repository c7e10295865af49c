"""Odd but valid pictures, made by code, each with what a person should see.

A case is a name and a function that makes its bytes and the pixels expected of them, known because the test drew them
or by another decoder and arithmetic of its own.
"""
