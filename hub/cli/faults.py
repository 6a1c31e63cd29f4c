"""Faults of the command line."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, define

BAD_REQUEST_FILE: Final = define(
    "BH-CLI-001",
    Config,
    zh="这不是原始 HTTP 请求:{reason}",
    en="this is not a raw HTTP request: {reason}",
    do_zh="首行写 POST /路径 HTTP/1.1,随后是请求头,空行之后是正文",
    do_en="begin with POST /path HTTP/1.1, then the headers, an empty line, and the body",
)
BAD_SET: Final = define(
    "BH-CLI-002",
    Config,
    zh="--set {found} 的写法不对",
    en="--set {found} is not NAME=VALUE",
    do_zh="写成 名称=值,或 名称=@文件",
    do_en="write NAME=VALUE, or NAME=@FILE for a file's content",
)
REFUSED: Final = define(
    "BH-CLI-003",
    Config,
    zh="系统拒绝访问:{reason}",
    en="the system refuses: {reason}",
    do_zh="检查该路径的权限和磁盘空间",
    do_en="check that path's permissions and the disk's space",
)
NOT_STARTED: Final = define(
    "BH-CLI-004",
    Config,
    zh="演示系统没有启动:{reason}",
    en="the demonstration's hub did not start: {reason}",
    do_zh="用 --dir 指定目录后查看其中的 hub.log",
    do_en="give it a folder with --dir and see hub.log in it",
)
NO_ASKER: Final = define(
    "BH-CLI-005",
    Config,
    zh="{adapter} 不向对方查询,测试用例不能有 question",
    en="{adapter} asks nobody, so a test case of it cannot have a question",
    do_zh="删去 question,或改用会查询的适配器",
    do_en="take the question away, or name an adapter that asks",
)
NO_DRILLS: Final = define(
    "BH-CLI-006",
    Config,
    zh="演练用不了:缺少 {name}",
    en="there are no drills here: {name} is not installed",
    do_zh="安装: pip install 'billhub[cluster]'",
    do_en="install them: pip install 'billhub[cluster]'",
)
