"""What a door can say by itself, before any adapter has looked: limits, framing, addresses, and what broke.

No text here ever repeats what a sender sent.
"""

from __future__ import annotations

from typing import Final

from hub.errors import Config, Reject, Retry, define

PORT_IN_USE: Final = define(
    "BH-DOR-001",
    Config,
    zh="端口 {port} 已被别的程序占用",
    en="port {port} is already in use by another program",
    do_zh="停掉占用 {port} 的程序,或换一个端口(写 0 由系统挑选)",
    do_en="stop the program that uses {port}, or choose another port (0 lets the system choose)",
)
PORT_FORBIDDEN: Final = define(
    "BH-DOR-002",
    Config,
    zh="没有权限监听端口 {port}",
    en="listening on port {port} is not permitted",
    do_zh="使用 1024 以上的端口,或给程序相应的权限",
    do_en="use a port above 1023, or grant the program that right",
)
NO_SUCH_ADDRESS: Final = define(
    "BH-DOR-003",
    Config,
    zh="本机没有地址 {host}",
    en="this machine has no address {host}",
    do_zh="写本机的地址,例如 127.0.0.1;所有网卡写 0.0.0.0",
    do_en="write an address of this machine, such as 127.0.0.1; 0.0.0.0 means all of them",
)
NO_SUCH_PORT: Final = define(
    "BH-DOR-006",
    Config,
    zh="{port} 不是端口号",
    en="{port} is not a port number",
    do_zh="写 1 到 65535 之间的数,或写 0 由系统挑选",
    do_en="write a number from 1 to 65535, or 0 to let the system choose",
)
NO_SUCH_FOLDER: Final = define(
    "BH-DOR-004",
    Config,
    zh="文件夹不存在,或不能在里面建立文件",
    en="the folder does not exist, or files cannot be made in it",
    do_zh="建立这个文件夹,并允许运行本程序的用户读写",
    do_en="make the folder and let the user who runs this program read and write it",
)
APP_FAILED: Final = define(
    "BH-DOR-005",
    Config,
    zh="网页应用没有启动成功",
    en="the web application did not start",
    do_zh="看它之前的日志",
    do_en="see the log lines before this one",
)

NO_SUCH_SOURCE: Final = define(
    "BH-DOR-010",
    Reject,
    zh="没有这个单位或来源",
    en="no such unit or source",
    do_zh="地址应为 /in/单位/来源,名称与配置一致",
    do_en="the address is /in/UNIT/SOURCE, named as in the unit's file",
)
METHOD: Final = define(
    "BH-DOR-011",
    Reject,
    zh="这个地址不接受该方法",
    en="this address does not take that method",
    do_zh="用 POST 发送(部分来源可用 GET)",
    do_en="send it by POST (some sources also take GET)",
)
MALFORMED: Final = define(
    "BH-DOR-012",
    Reject,
    zh="不是正确的 HTTP 请求",
    en="not a well-formed HTTP request",
    do_zh="按 RFC 9112 发送:CRLF 换行,一个 Host,Content-Length 与 chunked 只用其一",
    do_en="send as RFC 9112 says: CRLF line ends, one Host, either Content-Length or chunked",
)
TARGET: Final = define(
    "BH-DOR-013",
    Reject,
    zh="请求地址的写法不正确",
    en="the request's address is not well formed",
    do_zh="不要有连续斜杠、. 或 ..,百分号编码须是正确的 UTF-8",
    do_en="no doubled slashes, no . or .., percent-encoding that is valid UTF-8",
)
TARGET_LONG: Final = define(
    "BH-DOR-014",
    Reject,
    zh="请求地址太长",
    en="the request's address is too long",
    do_zh="把内容放在正文里",
    do_en="put the content into the body",
)
HEAD_LARGE: Final = define(
    "BH-DOR-015",
    Reject,
    zh="请求头太大或太多",
    en="the request's headers are too large or too many",
    do_zh="减少请求头",
    do_en="send fewer or shorter headers",
)
BODY_LARGE: Final = define(
    "BH-DOR-016",
    Reject,
    zh="正文超过上限 {limit} 字节",
    en="the body is over the limit of {limit} bytes",
    do_zh="分几次发送",
    do_en="send it in several messages",
)
TOO_SLOW: Final = define(
    "BH-DOR-017",
    Reject,
    zh="请求没有在限定时间内发完",
    en="the request did not arrive in the time allowed",
    do_zh="检查网络后重新发送",
    do_en="check the network and send it again",
)
EXPECTATION: Final = define(
    "BH-DOR-018",
    Reject,
    zh="不支持这个 Expect 请求头",
    en="that Expect header is not supported",
    do_zh="只用 100-continue,或不用 Expect",
    do_en="use 100-continue, or no Expect",
)
HTTP_VERSION: Final = define(
    "BH-DOR-019",
    Reject,
    zh="不支持这个 HTTP 版本",
    en="that HTTP version is not supported",
    do_zh="用 HTTP/1.1",
    do_en="use HTTP/1.1",
)
TOO_MANY: Final = define(
    "BH-DOR-020",
    Retry,
    zh="连接太多",
    en="too many connections",
    do_zh="稍后再连,并重用连接",
    do_en="connect again later, and re-use connections",
)
INTERNAL: Final = define(
    "BH-DOR-021",
    Retry,
    zh="内部错误,消息没有被处理",
    en="internal error, the message was not processed",
    do_zh="稍后重发;仍不行时请管理员看日志",
    do_en="send it again later; if it still fails, ask the operator to look at the log",
)

FRAME_LARGE: Final = define(
    "BH-DOR-030",
    Reject,
    zh="MLLP 消息超过上限 {limit} 字节",
    en="the MLLP message is over the limit of {limit} bytes",
    do_zh="把一批拆成几条消息",
    do_en="split the batch into several messages",
)
UNFRAMED: Final = define(
    "BH-DOR-031",
    Reject,
    zh="收到的内容没有 MLLP 起始字节 0x0B",
    en="what was sent has no MLLP start byte 0x0B",
    do_zh="每条消息发 0x0B 消息 0x1C 0x0D",
    do_en="send each message as 0x0B message 0x1C 0x0D",
)
FRAME_SLOW: Final = define(
    "BH-DOR-032",
    Reject,
    zh="MLLP 消息没有在限定时间内结束(缺 0x1C 0x0D)",
    en="the MLLP message did not end in the time allowed (0x1C 0x0D is missing)",
    do_zh="每条消息以 0x1C 0x0D 结束",
    do_en="end each message with 0x1C 0x0D",
)

FILE_LARGE: Final = define(
    "BH-DOR-040",
    Reject,
    zh="文件超过上限 {limit} 字节",
    en="the file is over the limit of {limit} bytes",
    do_zh="把文件拆成几个",
    do_en="split the file",
)
FILE_UNREADABLE: Final = define(
    "BH-DOR-041",
    Reject,
    zh="文件读不出来",
    en="the file cannot be read",
    do_zh="允许运行本程序的用户读取,再放一次",
    do_en="let the user who runs this program read it, and put it there again",
)
