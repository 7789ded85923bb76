"""A body without a declared length that is larger than allowed."""

import io

import pytest
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import LimitedStream

from app.core.patches.werkzeug_chunked_body import UncutStream


def test_werkzeugs_own_stream_truncates_silently() -> None:
    assert LimitedStream(io.BytesIO(b"12345"), 4, is_max=True).readall() == b"1234"


def test_our_stream_rejects_larger_body() -> None:
    with pytest.raises(RequestEntityTooLarge):
        UncutStream(io.BytesIO(b"12345"), 4, is_max=True).readall()


def test_our_stream_reads_body_of_maximum_size() -> None:
    assert UncutStream(io.BytesIO(b"1234"), 4, is_max=True).readall() == b"1234"
