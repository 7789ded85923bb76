"""Corrections of libraries' faults: one module each, with its reason. tests/core/patches has a test for each that fails
as soon as the library no longer has the fault, so that the patch can go.
"""
