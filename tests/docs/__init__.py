"""Tests of the documentation: commands run or parse, links resolve, claims name their tests."""
