"""What can be wrong with an HL7 v2 delivery before any mapping sees it. No text here quotes the message's content."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, Reject, define

NO_HEADER: Final = define(
    "BH-HL7-001",
    Reject,
    zh="报文不是以 MSH 段开始",
    en="the message does not begin with an MSH segment",
    do_zh="每条报文以 MSH 段开头,之前只允许 BOM、空白和 MLLP 帧字节",
    do_en="begin each message with MSH; only a BOM, white space and MLLP frame bytes may stand before it",
)
BAD_DELIMITERS: Final = define(
    "BH-HL7-002",
    Reject,
    zh="MSH-1/MSH-2 的分隔符不可用",
    en="the delimiters in MSH-1 and MSH-2 cannot be used",
    do_zh="写成 MSH|^~\\&,各分隔符互不相同,不用字母、数字或空格",
    do_en="write MSH|^~\\&, each delimiter different, none a letter, digit or space",
)
NOT_DECODED: Final = define(
    "BH-HL7-003",
    Reject,
    zh="报文不能按字符集 {charset} 解码",
    en="the text does not decode as {charset}",
    do_zh="让 MSH-18 与实际编码一致;没有 MSH-18 时在来源上设置 charset",
    do_en="let MSH-18 say the encoding really used; without MSH-18 set the source's charset",
)
CONTRADICTED: Final = define(
    "BH-HL7-004",
    Reject,
    zh="声明的字符集是 {charset},字节却是 {found}",
    en="the character set is said to be {charset}, but the bytes are {found}",
    do_zh="改正 MSH-18(或来源的 charset)后重发",
    do_en="correct MSH-18 (or the source's charset) and send again",
)
UNKNOWN_CHARSET: Final = define(
    "BH-HL7-005",
    Reject,
    zh="不认识 MSH-18 里的字符集",
    en="the character set in MSH-18 is not known",
    do_zh="使用表 0211 的写法,如 GB 18030-2000;或在来源上设置 aliases",
    do_en="use a code of table 0211 such as GB 18030-2000, or give the source an alias in `aliases`",
)
NO_CONTROL_ID: Final = define(
    "BH-HL7-010",
    Reject,
    zh="缺少 MSH-10 报文控制号",
    en="MSH-10, the message control id, is missing",
    do_zh="每条报文写一个不重复的 MSH-10(最长 199 个字符)",
    do_en="give each message its own MSH-10, at most 199 characters",
)
TYPE_NOT_TAKEN: Final = define(
    "BH-HL7-011",
    Reject,
    zh="这个来源不接收 MSH-9 的这种报文",
    en="this source does not take messages of this type (MSH-9)",
    do_zh="只发送 {types};或在来源的 types 里加上它",
    do_en="send only {types}, or add the type to the source's `types`",
)
VERSION: Final = define(
    "BH-HL7-012",
    Reject,
    zh="MSH-12 的版本不受支持",
    en="the version in MSH-12 is not supported",
    do_zh="使用 2.1 到 2.9",
    do_en="use 2.1 to 2.9",
)
PROCESSING: Final = define(
    "BH-HL7-013",
    Reject,
    zh="MSH-11 的处理标识不受支持",
    en="the processing id in MSH-11 is not supported",
    do_zh="使用 {ids}",
    do_en="use one of {ids}",
)
BAD_SEGMENT: Final = define(
    "BH-HL7-020",
    Reject,
    zh="第 {line} 行不是一个段",
    en="line {line} is not a segment",
    do_zh="每行以三位段名加字段分隔符开头;字段里的换行写成 \\.br\\",
    do_en="begin each line with a segment name and the field separator; write a line break in a field as \\.br\\",
)
TOO_MANY_PARTS: Final = define(
    "BH-HL7-021",
    Reject,
    zh="报文的字段或组成部分多得不合理",
    en="the message has an absurd number of fields or components",
    do_zh="检查是否重复拼接;一条报文最多 {limit} 个",
    do_en="check for runaway repetition; a message may have {limit}",
)
SEVERAL: Final = define(
    "BH-HL7-022",
    Reject,
    zh="一条报文里有多个不同的 {segment} 段",
    en="the message has several different {segment} segments",
    do_zh="每条报文只写一位患者的一次就诊,其余另发",
    do_en="send one message for each patient and visit",
)
BATCH_COUNT: Final = define(
    "BH-HL7-030",
    Reject,
    zh="批次尾 {trailer}-1 写 {said} 条,实际 {found} 条",
    en="{trailer}-1 says {said}, but {found} were found",
    do_zh="核对批次后补发缺少的报文;已收到的按各自的应答处理",
    do_en="check the batch and send what is missing; what came was answered message by message",
)
BATCH_CUT: Final = define(
    "BH-HL7-031",
    Reject,
    zh="批次没有 {trailer} 结尾,文件可能被截断",
    en="the batch ends without {trailer}; the file may be cut",
    do_zh="重发整个批次;已处理的报文不会重复入账",
    do_en="send the whole batch again; messages already taken are not counted twice",
)
BATCH_ORDER: Final = define(
    "BH-HL7-032",
    Reject,
    zh="批次段 {segment} 的位置不对",
    en="the batch segment {segment} stands in the wrong place",
    do_zh="顺序为 FHS BHS 报文… BTS FTS",
    do_en="the order is FHS BHS messages… BTS FTS",
)
BAD_SETTING: Final = define(
    "BH-HL7-040",
    Config,
    zh="设置 {name} 的值不可用",
    en="the setting {name} has a value that cannot be used",
    do_zh="{use}",
    do_en="{use}",
)
