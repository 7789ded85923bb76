"""Fetches the next page while the present one is written."""

from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from app.entra.dataverse import Dataverse, Page


class PagePrefetcher:
    """Fetches one page ahead, at most. An unused page is discarded: nothing is written from here."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "crm-ahead")
        self._asked: tuple[str, str, Future[Page]] | None = None

    def __enter__(self) -> "PagePrefetcher":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # No request outlives its task, so that it never competes with the next one. The HTTP client bounds the wait.
        self._pool.shutdown(wait=True, cancel_futures=True)

    def ask(self, dataverse: Dataverse, environment: str, token: str, link: str) -> None:
        self._asked = link, token, self._pool.submit(dataverse.contacts, environment, token, link)

    def take(self, link: str | None, token: str) -> Future[Page] | None:
        """The page at this link, if it was requested with this token."""
        asked, self._asked = self._asked, None
        return asked[2] if asked is not None and asked[:2] == (link, token) else None
