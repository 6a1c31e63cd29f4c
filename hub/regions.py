"""A regions.yaml: 区划 as a tree of GB/T 2260 codes, province, city, county, under which the units stand.

The code itself says what lies above: 410105 under 410100 under 410000. Where it does not (a county that answers to the
province), `under` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hub.errors import Config, Reject, define

if TYPE_CHECKING:
    from hub.findings import Finding
    from hub.yaml_text import YamlText

FILE: Final = "regions.yaml"
"""Its name beside the units."""

WRONG_CODE: Final = define(
    "BH-RGN-001",
    Config,
    zh="区划代码不对:{found}",
    en="this is not a code of a region: {found}",
    do_zh='写六位数字并加引号,如 "410105":省 410000,市 410100,县 410105',
    do_en='write six digits in quotes, as "410105": a province 410000, a city 410100, a county 410105',
)
NOT_A_REGION: Final = define(
    "BH-RGN-002",
    Config,
    zh="区划 {region} 写得不对:{why}",
    en="the region {region} is not well formed: {why}",
    do_zh='在代码下写 name: 名称;上级与代码不符时再写 under: "上级代码"',
    do_en="write `name` under the code, and `under` where what lies above is not what the code says",
)
NO_PARENT: Final = define(
    "BH-RGN-003",
    Config,
    zh="区划 {region} 的上级 {above} 不在文件里",
    en="{above}, which lies above the region {region}, is not in the file",
    do_zh='加上 "{above}",或用 under 指明实际上级',
    do_en='add "{above}", or name with `under` what lies above it',
)
WRONG_PARENT: Final = define(
    "BH-RGN-004",
    Config,
    zh="区划 {region} 不能在 {above} 之下",
    en="the region {region} cannot stand under {above}",
    do_zh="上级必须同省且级别更高:县在市或省之下,市在省之下",
    do_en="write one of the same province and a higher level: a county under a city or the province, a city under it",
)
UNIT_OUTSIDE: Final = define(
    "BH-RGN-005",
    Config,
    zh="区划 {region} 不在 {file} 里",
    en="the region {region} is not in {file}",
    do_zh="改正单位的 region,或在区划文件里加上它",
    do_en="correct the unit's `region`, or add it to the file of regions",
)
UNIT_LIKE_REGION: Final = define(
    "BH-RGN-006",
    Config,
    zh="单位编号 {unit} 与区划代码无法区分",
    en="the unit id {unit} cannot be told from a region's code",
    do_zh="换一个不是六位数字的编号",
    do_en="use an id that is not six digits",
)
NO_SUCH_REGION: Final = define(
    "BH-RGN-007",
    Reject,
    zh="没有区划 {region}",
    en="there is no region {region}",
    do_zh="用 -c 指向单位目录,其中有 regions.yaml;核对代码",
    do_en="point -c at the folder of units with its regions.yaml, and check the code",
)

_CODE: Final = re.compile(r"[1-9]\d(0000|(?!00)\d\d00|(?!00)\d\d(?!00)\d\d)")


@dataclass(frozen=True, slots=True)
class Region:
    """A region: its code, its name, how it is shown."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Regions:
    """The tree."""

    file: str
    names: Mapping[str, str]
    above: Mapping[str, str] = field(default_factory=dict)
    """code → the code above it; a province has none"""

    def path(self, code: str) -> tuple[Region, ...]:
        """A region and those above it, the nearest first; empty where it is not in the tree."""
        found: list[Region] = []
        while code in self.names:
            found.append(Region(code, self.names[code]))
            code = self.above.get(code, "")
        return tuple(found)

    def below(self, code: str) -> list[str]:
        """The regions right under one."""
        return sorted(child for child, above in self.above.items() if above == code)


def level(code: str) -> int:
    """0 a province, 1 a city, 2 a county."""
    return 0 if code.endswith("0000") else 1 if code.endswith("00") else 2


def is_code(text: str) -> bool:
    """Whether a text has the shape of a region's code."""
    return _CODE.fullmatch(text) is not None


def full_code(text: str) -> str:
    """41, 4101 or 410105 as six digits.

    Raises:
        Reject: it is none of these.
    """
    code = text.ljust(6, "0") if len(text) in {2, 4} else text
    if not is_code(code):
        raise NO_SUCH_REGION(region=text)
    return code


def read_regions(path: Path) -> tuple[Regions | None, list[Finding]]:
    """A regions.yaml and what is wrong with it; None when it cannot be used."""
    from hub.yaml_text import read_yaml

    text = read_yaml(path)
    findings = list(text.findings)
    data = text.data
    if not findings and not (
        isinstance(data, dict) and list(data) == ["regions"] and isinstance(data["regions"], dict)
    ):
        findings.append(text.finding((), NOT_A_REGION(region="regions", why="the file holds one key, regions")))
    if findings:
        return None, findings
    listed: dict[str, Any] = data["regions"]
    findings = list(_judge(text, listed))
    if findings:
        return None, findings
    above = {code: listed[code].get("under") or _by_code(code) for code in listed if level(code)}
    return Regions(str(path), {code: said["name"] for code, said in listed.items()}, above), []


def _judge(text: YamlText, listed: Mapping[str, Any]) -> Iterator[Finding]:
    for code, said in listed.items():
        where = ("regions", code)
        if not is_code(code):
            yield text.finding(where, WRONG_CODE(found=code))
        elif not isinstance(said, dict) or not str(said.get("name", "")).strip():
            yield text.finding(where, NOT_A_REGION(region=code, why="it needs a name"))
        elif unknown := [key for key in said if key not in {"name", "under"}]:
            yield text.finding((*where, unknown[0]), NOT_A_REGION(region=code, why=f"unknown: {unknown[0]}"))
        elif level(code):
            above = str(said.get("under") or _by_code(code))
            at = (*where, "under") if "under" in said else where
            if above not in listed:
                yield text.finding(at, NO_PARENT(region=code, above=above))
            elif above[:2] != code[:2] or level(above) >= level(code):
                yield text.finding(at, WRONG_PARENT(region=code, above=above))
        elif "under" in said:
            yield text.finding((*where, "under"), WRONG_PARENT(region=code, above=said["under"]))


def _by_code(code: str) -> str:
    return code[:4] + "00" if level(code) == 2 else code[:2] + "0000"
