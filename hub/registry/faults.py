"""What can be wrong with adapters, their settings and the names of mappings."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, FaultCode, define


def _fault(number: int, zh: str, en: str, do_zh: str, do_en: str) -> FaultCode:
    return define(f"BH-REG-{number:03d}", Config, zh=zh, en=en, do_zh=do_zh, do_en=do_en)


NO_ADAPTER: Final = _fault(
    1, "没有适配器 {found}", "there is no adapter {found}", "可用的有 {write}", "there are {write}"
)
BAD_MANIFEST: Final = _fault(
    2,
    "适配器的 manifest.yaml 不合规定:{reason}",
    "the adapter's manifest.yaml is wrong: {reason}",
    "按 hub.adapter.Manifest 改正",
    "correct it by hub.adapter.Manifest",
)
TWICE: Final = _fault(
    3, "适配器 {found} 出现了两次", "the adapter {found} is there twice", "卸载其中一个", "uninstall one of them"
)
NO_CODE: Final = _fault(
    4,
    "适配器 {found} 的 adapter.py 无法载入:{reason}",
    "the adapter.py of {found} cannot be loaded: {reason}",
    "它应有函数 connect(settings)",
    "it has to have a function connect(settings)",
)
UNKNOWN_SETTING: Final = _fault(
    10, "适配器没有设置项 {found}", "the adapter has no setting {found}", "可用的有 {write}", "there are {write}"
)
MISSING_SETTING: Final = _fault(
    11, "缺少设置项 {found}({zh})", "the setting {found} is missing ({en})", "写上 {found}", "write {found}"
)
BAD_SETTING: Final = _fault(
    12, "设置项 {found} 应为{wants}", "the setting {found} has to be {wants}", "写成 {write}", "write {write}"
)
NO_FILE: Final = _fault(
    13,
    "设置项 {found} 的文件读不了:{reason}",
    "the file of the setting {found} cannot be read: {reason}",
    "检查路径(相对于单位 YAML)和权限",
    "check the path, relative to the unit's YAML, and its permissions",
)
NO_ENV: Final = _fault(
    14,
    "设置项 {found} 的环境变量 {name} 没有设置",
    "the environment variable {name} of the setting {found} is not set",
    "启动前设置它",
    "set it before the start",
)
NO_MAPPING: Final = _fault(
    20, "没有映射 {found}", "there is no mapping {found}", "相近的有 {write}", "near to it are {write}"
)
