"""The HTTP client under OpenAI's official one, with a short way for the calls we make: one request, one whole reply.

Merging the same headers, reading the same address, authentication flows and redirects took more of a call's time on
this side than the call itself. A request or reply that is not plain goes the usual way.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import openai


class PlainCallsClient(openai.DefaultAioHttpClient):  # type: ignore[misc]  # Any to type checkers
    """As its base, for the official client's `http_client`.

    Raises:
        RuntimeError: aiohttp is missing.
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._asked: tuple[object, ...] = ()  # what the last request was made of, its content aside
        self._alike: Callable[..., Any] | None = None  # makes requests that differ from it in their content alone
        self._redirected = False

    def build_request(self, method: str, url: Any, *, content: Any = None, **parts: Any) -> Any:
        """A request; one that differs from the last in its content alone is made like it."""
        asked = (method, url, parts)
        plain = type(content) is bytes and not self.cookies
        if plain and self._alike is not None and asked == self._asked:
            return self._alike(content=content)
        request = super().build_request(method, url, content=content, **parts)
        if plain:
            headers = request.headers.copy()
            del headers["content-length"]
            self._asked = asked
            kind: Any = type(request)
            self._alike = functools.partial(kind, method, request.url, headers=headers, extensions=request.extensions)
        return request

    async def send(self, request: Any, *, stream: bool = False, **ways: Any) -> Any:
        """The reply; once one was a redirect, all requests go the usual way, which follows it."""
        transport_of = getattr(self, "_transport_for_url", None)  # minds proxies; not in the documented interface
        usual = self._redirected or self.is_closed or self.auth or request.url.userinfo
        if stream or ways or usual or transport_of is None:
            return await super().send(request, stream=stream, **ways)
        response = await transport_of(request.url).handle_async_request(request)
        try:
            response.request = request
            for hook in self.event_hooks["response"]:
                await hook(response)
            if response.has_redirect_location:
                self._redirected = True
                await response.aclose()
                return await super().send(request)
            if "set-cookie" in response.headers:
                self.cookies.extract_cookies(response)
            await response.aread()
        except BaseException:
            await response.aclose()
            raise
        return response
