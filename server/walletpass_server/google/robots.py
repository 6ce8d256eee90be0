"""Which crawlers may go where. Google posts callbacks only where its own may."""

from __future__ import annotations

from litestar import HttpMethod, MediaType, Response, route

ROBOTS = """\
# Google Wallet fetches pictures and posts callbacks as Googlebot.
User-agent: Googlebot
Allow: /google/callback/
Allow: /images/
Disallow: /o/
Disallow: /p/

# Links of passes are for the people who were given them.
User-agent: *
Disallow: /
Allow: /images/
"""


@route("/robots.txt", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def robots() -> Response[str]:
    """The file that crawlers read first."""
    return Response(ROBOTS, media_type=MediaType.TEXT, headers={"cache-control": "public, max-age=86400"})
