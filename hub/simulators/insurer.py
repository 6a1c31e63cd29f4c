"""Plays an insurer: pulls issued bills page by page with its API key, and keeps its place between pulls."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx


class Refused(Exception):  # noqa: N818  (what the insurer saw)
    """The hub refused; holds status and the problem's code."""


@dataclass
class Insurer:
    """One insurer. `cursor` is its place; `bills` what it knows, by bill code and number."""

    url: str
    key: str
    cursor: str = ""
    bills: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    async def pull(self, limit: int = 200) -> int:
        """Pulls until there is no more; returns how many changes came."""
        came = 0
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            while True:
                page = await self._page(client, limit)
                for bill in page["bills"]:
                    self.bills[bill["bill_code"], bill["bill_number"]] = bill
                came += len(page["bills"])
                self.cursor = page["next"]
                if not page["more"]:
                    return came

    async def _page(self, client: httpx.AsyncClient, limit: int) -> dict[str, Any]:
        query = {"limit": str(limit)} | ({"cursor": self.cursor} if self.cursor else {})
        answer = await client.get(
            f"{self.url}/api/v1/bills", params=query, headers={"Authorization": f"Bearer {self.key}"}
        )
        if answer.status_code != 200:
            raise Refused(answer.status_code, answer.text[:200])
        page: dict[str, Any] = answer.json()
        return page


async def _run(options: argparse.Namespace) -> None:
    insurer = Insurer(options.url, options.key)
    await insurer.pull()
    for bill in insurer.bills.values():
        print(json.dumps(bill, ensure_ascii=False))


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one JSON line a bill."""
    parser = argparse.ArgumentParser(prog="python -m hub.simulators.insurer", description=__doc__)
    parser.add_argument("url", help="http://HOST:PORT")
    parser.add_argument("--key", required=True)
    asyncio.run(_run(parser.parse_args(arguments)))


if __name__ == "__main__":
    main()
