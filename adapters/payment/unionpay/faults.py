"""What can be wrong with a UnionPay notification, a query's answer, or the settings. No value of a form is quoted."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, Reject, Retry, define

FORM: Final = define(
    "BH-UPA-001",
    Reject,
    zh="通知正文不是可读的表单({reason})",
    en="the body is not a form that can be read ({reason})",
    do_zh="把银联发来的原始正文原样转发,不要经过会改写表单的代理",
    do_en="forward UnionPay's body byte for byte, past no proxy that rewrites forms",
)
MISSING: Final = define(
    "BH-UPA-002",
    Reject,
    zh="字段 {field} 缺少或格式不对",
    en="the field {field} is missing or malformed",
    do_zh="确认这个地址只接收银联后台通知",
    do_en="send only UnionPay's back notifications to this address",
)
VERSION: Final = define(
    "BH-UPA-003",
    Reject,
    zh="只接受 5.1.0 版报文",
    en="only version 5.1.0 is accepted",
    do_zh="把下单报文的 version 改为 5.1.0",
    do_en="send orders with version 5.1.0",
)
SIGN_METHOD: Final = define(
    "BH-UPA-004",
    Reject,
    zh="只接受 signMethod 01(RSA 证书)",
    en="only signMethod 01 (RSA certificates) is accepted",
    do_zh="在银联商户服务网站使用证书签名,signMethod 填 01",
    do_en="use certificate signing, signMethod 01, for the merchant",
)
SIGNATURE: Final = define(
    "BH-UPA-005",
    Reject,
    zh="签名不成立",
    en="the signature does not hold",
    do_zh="确认正文没有被改写;signPubKeyCert 的 CRLF 换行也在签名之内",
    do_en="check that the body was not rewritten; the CRLF line ends of signPubKeyCert are signed too",
)
CERTIFICATE: Final = define(
    "BH-UPA-006",
    Reject,
    zh="signPubKeyCert 不是可读的 RSA 证书",
    en="signPubKeyCert is not an RSA certificate that can be read",
    do_zh="联系银联核对签名证书",
    do_en="check the signing certificate with UnionPay",
)
CHAIN: Final = define(
    "BH-UPA-007",
    Reject,
    zh="签名证书不是由所设中级证书签发的",
    en="the signing certificate was not issued by the configured middle certificate",
    do_zh="核对 settings.middle 和 settings.root 与 settings.environment 相符",
    do_en="check that settings.middle and settings.root belong to settings.environment",
)
EXPIRED: Final = define(
    "BH-UPA-008",
    Reject,
    zh="签名证书或其上级证书不在有效期内",
    en="the signing certificate, or one above it, is not valid at this time",
    do_zh="核对服务器时间;向银联索取新的证书",
    do_en="check the server's clock; get the current certificates from UnionPay",
)
NAME: Final = define(
    "BH-UPA-009",
    Reject,
    zh="签名证书的主体不是中国银联",
    en="the signing certificate is not China UnionPay's own",
    do_zh="测试环境请设 environment: test;否则按可疑报文处理",
    do_en="for the test gateway set environment: test; otherwise treat the message as suspect",
)
CHARSET: Final = define(
    "BH-UPA-010",
    Reject,
    zh="不认识 encoding",
    en="the encoding is not a known one",
    do_zh="下单报文的 encoding 用 UTF-8 或 GBK",
    do_en="send orders with encoding UTF-8 or GBK",
)
TEXT: Final = define(
    "BH-UPA-011",
    Reject,
    zh="内容与 encoding {charset} 不符",
    en="the content is not valid {charset}",
    do_zh="联系银联核对 encoding 字段",
    do_en="check the encoding field with UnionPay",
)
MERCHANT: Final = define(
    "BH-UPA-012",
    Reject,
    zh="商户号不是本单位的",
    en="the merchant is not this unit's",
    do_zh="核对 settings.mer_id",
    do_en="check settings.mer_id",
)
AMOUNT: Final = define(
    "BH-UPA-013",
    Reject,
    zh="txnAmt 不是以分为单位的正整数人民币金额",
    en="txnAmt is not a positive whole number of fen in CNY",
    do_zh="联系银联核对该笔交易",
    do_en="check the trade with UnionPay",
)
ANSWER_FORM: Final = define(
    "BH-UPA-030",
    Reject,
    zh="查询应答不可读",
    en="the answer to the query cannot be read",
    do_zh="核对 settings.gateway 是 queryTrans 的地址",
    do_en="check that settings.gateway is the address of queryTrans",
)
NOT_FINAL: Final = define(
    "BH-UPA-031",
    Retry,
    zh="银联尚无最终结果(应答码 {found})",
    en="UnionPay has no final result yet (code {found})",
    do_zh="按规定的间隔再查",
    do_en="ask again on the documented schedule",
)
OTHER_TRADE: Final = define(
    "BH-UPA-032",
    Reject,
    zh="查询应答说的是另一笔交易({field})",
    en="the answer is about another trade ({field})",
    do_zh="按可疑应答处理,在银联商户服务网站核对",
    do_en="treat the answer as suspect and check on UnionPay's merchant pages",
)
DIFFERENT_AMOUNT: Final = define(
    "BH-UPA-033",
    Reject,
    zh="查询到的金额与通知不同",
    en="the query tells another amount than the notification",
    do_zh="在银联商户服务网站核对该笔交易",
    do_en="check the trade on UnionPay's merchant pages",
)
NOT_PAID: Final = define(
    "BH-UPA-034",
    Reject,
    zh="查询结果:该笔交易没有成功(应答码 {found})",
    en="the query says that the trade did not succeed (code {found})",
    do_zh="在银联商户服务网站核对该笔交易",
    do_en="check the trade on UnionPay's merchant pages",
)
UNREACHABLE: Final = define(
    "BH-UPA-035",
    Retry,
    zh="银联查询网关应答 HTTP {status}",
    en="the query gateway answered HTTP {status}",
    do_zh="稍后自动再查",
    do_en="it is asked again later",
)
UNPROVEN: Final = define(
    "BH-UPA-036",
    Retry,
    zh="应答不是银联对这一查询的答复({found})",
    en="the answer is not UnionPay's to this query ({found})",
    do_zh="稍后自动再查;反复出现时检查 settings.gateway 与中间的代理",
    do_en="it is asked again later; where it goes on, check settings.gateway and the proxies on the way",
)

AUTHORITY: Final = define(
    "BH-UPA-020",
    Config,
    zh="{name} 不是可读的 RSA 证书文件",
    en="{name} is not a file of RSA certificates",
    do_zh="写银联提供的 PEM(.cer)文件",
    do_en="name the PEM (.cer) file that UnionPay provides",
)
MIDDLE: Final = define(
    "BH-UPA-021",
    Config,
    zh="middle 不是由 root 签发的",
    en="middle was not issued by root",
    do_zh="测试和生产的证书要成对使用",
    do_en="use the pair of one environment, test or production",
)
ENVIRONMENT: Final = define(
    "BH-UPA-022",
    Config,
    zh="environment 只能是 test 或 production",
    en="environment is test or production",
    do_zh="environment: production",
    do_en="environment: production",
)
MER_ID: Final = define(
    "BH-UPA-023",
    Config,
    zh="mer_id 应为 15 位商户号",
    en="mer_id must be the merchant's 15 characters",
    do_zh='mer_id: "700000000000001"',
    do_en='mer_id: "700000000000001"',
)
SIGN_CERT: Final = define(
    "BH-UPA-024",
    Config,
    zh="sign_cert、sign_key 或 sign_password 不能用来签名",
    en="sign_cert, sign_key or sign_password cannot be used to sign",
    do_zh="写商户的 .pfx 和密码,或 PEM 证书加 sign_key",
    do_en="name the merchant's .pfx and its password, or a PEM certificate and sign_key",
)
GATEWAY: Final = define(
    "BH-UPA-025",
    Config,
    zh="gateway 和 sign_cert 要一起设置",
    en="gateway and sign_cert are set together",
    do_zh="要查询交易时两个都写,否则都不写",
    do_en="set both for queries, or neither",
)
