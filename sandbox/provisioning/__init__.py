"""Plays Microsoft Entra's provisioning service against any SCIM endpoint: what it sends, in which order, and when it
tries again.
"""
