"""Canonical values: converters between both systems' JSON and one comparable text."""
