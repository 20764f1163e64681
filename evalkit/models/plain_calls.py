"""The HTTP client under OpenAI's official one, with a short way for the calls we make: one request, one whole reply.

Merging the same headers, reading the same address, authentication flows and redirects took more of a call's time on
this side than the call itself. A request or reply that is not plain goes the usual way.
"""

from __future__ import annotations

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
        self._like: Any = None  # the request that came of it, without the length of its content

    def build_request(self, method: str, url: Any, *, content: Any = None, **parts: Any) -> Any:
        """A request; one that differs from the last in its content alone is made like it."""
        like, asked = self._like, (method, url, parts)
        if like is not None and type(content) is bytes and asked == self._asked and not self.cookies:
            return type(like)(method, like.url, headers=like.headers, content=content, extensions=like.extensions)
        request = super().build_request(method, url, content=content, **parts)
        if type(content) is bytes and not self.cookies:
            headers = request.headers.copy()
            headers.pop("content-length", None)
            self._asked = asked
            self._like = type(request)(method, request.url, headers=headers, extensions=request.extensions)
            self._like.headers.pop("content-length", None)
        return request

    async def send(self, request: Any, *, stream: bool = False, **ways: Any) -> Any:
        """The reply."""
        transport_of = getattr(self, "_transport_for_url", None)  # minds proxies; not in the documented interface
        if stream or ways or transport_of is None or self.is_closed or self.auth or request.url.userinfo:
            return await super().send(request, stream=stream, **ways)
        response = await transport_of(request.url).handle_async_request(request)
        try:
            response.request = request
            if response.has_redirect_location:
                await response.aclose()
                return await super().send(request)
            if "set-cookie" in response.headers:
                self.cookies.extract_cookies(response)
            await response.aread()
        except BaseException:
            await response.aclose()
            raise
        return response
