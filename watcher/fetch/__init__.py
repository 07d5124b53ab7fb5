"""Fetch feeds, pages and robots.txt over HTTP, politely and without trusting anybody. Hides aiohttp.

A request passes, for each hop of its redirects::

    cool-down of the host -> HostGate (places and spacing) -> a place among all connections -> address guard -> answer

- Redirects are followed here: five hops, http and https only; secrets never leave the origin they are meant for.
- The guard judges the address at the moment a socket is made for it, so that names, redirects, literals and rebinding
  all meet it. Connections are pooled per allowance, for a pooled connection is not judged again.
- Bodies are decoded here, with a limit and a check that the stream came to its end; aiohttp does neither.
- Whatever the network or a server does is a :class:`~watcher.model.Failed` value with words for people. Only
  cancellation and programming errors are exceptions.
"""

from watcher.fetch.client import Client
from watcher.fetch.gate import HostGate
from watcher.fetch.messages import FetchRequest, user_agent

__all__ = ["Client", "FetchRequest", "HostGate", "user_agent"]
