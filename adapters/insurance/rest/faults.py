"""What an insurer's question can be refused for. No fault quotes the question: anything may stand there."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, Reject, define

BAD_CURSOR: Final = define(
    "BH-INR-001",
    Reject,
    zh="游标无效:它不是本接口给出的,或已被改动",
    en="the cursor is not one this interface gave, or it was altered",
    do_zh="原样使用上一次回答中的 next;若已丢失,不带 cursor 从头拉取,重复的票据按代码与号码去重",
    do_en="send `next` of the last answer unchanged; if it is lost, start without a cursor and drop repeated bills",
)
BAD_LIMIT: Final = define(
    "BH-INR-002",
    Reject,
    zh="limit 应为 1 到 {most} 的整数",
    en="limit must be a whole number from 1 to {most}",
    do_zh="写 limit={most} 或更小的数",
    do_en="write limit={most} or less",
)
BAD_QUERY: Final = define(
    "BH-INR-003",
    Reject,
    zh="查询串无法读取,或含有未知、重复的参数",
    en="the query cannot be read, or has an unknown or repeated parameter",
    do_zh="只使用 cursor 和 limit,各写一次",
    do_en="use cursor and limit only, each once",
)
NO_SUCH: Final = define(
    "BH-INR-004",
    Reject,
    zh="没有可查看的内容",
    en="there is nothing here that you may see",
    do_zh="地址为 bills 或 bills/票据代码/票据号码;尚未开具或未授权的票据视同不存在",
    do_en="ask for bills or bills/{{code}}/{{number}}; a bill not issued or not granted to you is absent",
)
READ_ONLY: Final = define(
    "BH-INR-005",
    Reject,
    zh="这里只能查询",
    en="this interface is for reading only",
    do_zh="使用 GET",
    do_en="use GET",
)
CURSOR_KEY: Final = define(
    "BH-INR-006",
    Config,
    zh="cursor_key 缺失或短于 16 个字节",
    en="cursor_key is missing or shorter than 16 bytes",
    do_zh="写入至少 16 个字节的随机密钥,例如 openssl rand -hex 32 的结果",
    do_en="give a random secret of 16 bytes or more, for example of openssl rand -hex 32",
)
