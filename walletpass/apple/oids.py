"""
The names and extensions by which Apple's certificates are told apart.

Source: Apple, Certification Practice Statement for Worldwide Developer Relations; and what the system checks when it
opens a pass (Security framework, policy "PassbookSigning").
"""

from __future__ import annotations

from cryptography.x509 import ObjectIdentifier

USER_ID = ObjectIdentifier("0.9.2342.19200300.100.1.1")
"""Subject attribute that holds the pass type identifier ("pass.com.example.coupon")."""

TEAM = ObjectIdentifier("2.5.4.11")
"""Subject attribute (OU) that holds the team identifier, ten letters and digits."""

PASS_MARKER = ObjectIdentifier("1.2.840.113635.100.6.1.16")
"""Extension of every Pass Type ID certificate; its value is the pass type identifier."""

PASS_SIGNING = ObjectIdentifier("1.2.840.113635.100.4.14")
"""Extended key usage: may sign passes."""

INTERMEDIATE_MARKER = ObjectIdentifier("1.2.840.113635.100.6.2.1")
"""Extension of Apple's Worldwide Developer Relations (WWDR) intermediates."""
