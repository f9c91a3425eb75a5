"""Any name gives a legal identifier."""

from __future__ import annotations

import keyword
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuralspot_edge.deployment.identifiers import c_comment, c_identifier, c_string


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("tcn-har-smartwatch", "tcn_har_smartwatch"),
        ("TCN 4x8 (v2)", "tcn_4x8_v2"),
        ("2-class", "model_2_class"),
        ("Größe für Ärzte", "grosse_fur_arzte"),
        ("class", "class_model"),
        ("Int", "int_model"),
        ("linux", "linux_model"),
        ("__x__", "x"),
        ("", "model"),
        ("心电图", "model"),
        ("心电-ecg", "ecg"),
    ],
)
def test_names_become_identifiers(name, identifier):
    assert c_identifier(name) == identifier


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.one_of(st.text(), st.sampled_from([*keyword.kwlist, "float", "xor", "auto", "constexpr", "thread_local"])))
def test_any_name_gives_a_legal_identifier(name):
    identifier = c_identifier(name)
    assert re.fullmatch("[a-z][a-z0-9_]*", identifier)
    assert "__" not in identifier
    assert identifier not in {"float", "xor", "auto", "constexpr", "thread_local", "for", "if", "while", "return"}
    assert c_identifier(identifier) == identifier


@settings(derandomize=True, deadline=None)
@given(st.text(st.characters(codec=None)))
def test_a_comment_stays_in_its_line(text):
    comment = c_comment(text)
    assert len(comment) == len(text)
    assert not set("\n\r\\\v\f\x00?\u2028\u202e") & set(comment)
    assert comment.encode().decode() == comment


@settings(derandomize=True, deadline=None)
@given(st.text(st.characters(codec=None)))
def test_a_string_literal_reads_back(text):
    literal = c_string(text)
    assert literal.isascii()
    assert re.fullmatch(r'"(?:[^"\\?]|\\[0-7]{3})*"', literal)
    read = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), literal[1:-1])
    assert read.encode("latin-1") == text.encode("utf-8", errors="replace")
