"""What can be wrong with an Alipay notification, or with the settings that judge it. No value of the form is quoted."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, Reject, define

FORM: Final = define(
    "BH-ALI-001",
    Reject,
    zh="通知正文不是可读的表单({reason})",
    en="the body is not a form that can be read ({reason})",
    do_zh="把支付宝发来的原始正文原样转发,不要经过会改写表单的代理",
    do_en="forward Alipay's body byte for byte, past no proxy that rewrites forms",
)
MISSING: Final = define(
    "BH-ALI-002",
    Reject,
    zh="缺少字段 {field}",
    en="the field {field} is missing or empty",
    do_zh="确认这个地址只接收支付宝交易状态异步通知",
    do_en="send only Alipay's asynchronous trade notifications to this address",
)
SIGN_TYPE: Final = define(
    "BH-ALI-003",
    Reject,
    zh="不接受签名类型 {found}",
    en="the signature type {found} is not accepted here",
    do_zh="在支付宝开放平台改用 RSA2;确需 RSA 时写入 settings.sign_types",
    do_en="switch the application to RSA2, or list RSA in settings.sign_types",
)
SIGNATURE: Final = define(
    "BH-ALI-004",
    Reject,
    zh="签名不成立",
    en="the signature does not hold",
    do_zh="核对 settings.public_key 是支付宝公钥(不是应用公钥),并确认正文没有被改写",
    do_en="check that settings.public_key is Alipay's key, not the application's, and that the body was not rewritten",
)
CERTIFICATE: Final = define(
    "BH-ALI-005",
    Reject,
    zh="通知指名的支付宝证书不在设置中",
    en="the Alipay certificate the notification names is not in the settings",
    do_zh="下载新的 alipayCertPublicKey_RSA2.crt,追加到 settings.public_key 的文件",
    do_en="download the new alipayCertPublicKey_RSA2.crt and append it to the file of settings.public_key",
)
CHARSET: Final = define(
    "BH-ALI-006",
    Reject,
    zh="不认识字符集 {found}",
    en="the charset {found} is not one that Alipay signs in",
    do_zh="在支付宝请求中使用 utf-8 或 gbk",
    do_en="use utf-8 or gbk in the requests to Alipay",
)
TEXT: Final = define(
    "BH-ALI-007",
    Reject,
    zh="内容与所签字符集 {charset} 不符",
    en="the content is not valid {charset}, the charset it was signed in",
    do_zh="联系支付宝核对 charset 参数",
    do_en="check the charset parameter of the order with Alipay",
)
LEGACY: Final = define(
    "BH-ALI-008",
    Reject,
    zh="这是旧版 MAPI 通知,不接受",
    en="this is a notification of the old MAPI, which is not accepted",
    do_zh="改用开放平台产品(alipay.trade.*)",
    do_en="move to the open platform's products (alipay.trade.*)",
)
OTHER_KIND: Final = define(
    "BH-ALI-009",
    Reject,
    zh="不是交易状态通知",
    en="this is not a trade notification",
    do_zh="其他通知请使用另外的地址",
    do_en="give other notifications an address of their own",
)
APP_ID: Final = define(
    "BH-ALI-010",
    Reject,
    zh="应用不是本单位的({field})",
    en="the application is not this unit's ({field})",
    do_zh="核对 settings.app_id;由服务商代调用时写上 settings.auth_app_id",
    do_en="check settings.app_id; where a service provider acts, set settings.auth_app_id",
)
SELLER: Final = define(
    "BH-ALI-011",
    Reject,
    zh="收款方不是本单位的",
    en="the seller is not this unit's",
    do_zh="核对 settings.seller_id(2088 开头的账号)",
    do_en="check settings.seller_id, the account that starts with 2088",
)
AMOUNT: Final = define(
    "BH-ALI-012",
    Reject,
    zh="{field} 不是至多两位小数的正数金额",
    en="{field} is not a positive amount with at most two decimals",
    do_zh="联系支付宝核对该笔交易",
    do_en="check the trade with Alipay",
)
STATUS: Final = define(
    "BH-ALI-013",
    Reject,
    zh="不认识交易状态",
    en="the trade status is not a known one",
    do_zh="支付宝会重发;升级适配器后即可接收",
    do_en="Alipay sends it again; an adapter that knows the status will take it",
)
REFUND: Final = define(
    "BH-ALI-014",
    Reject,
    zh="退款字段互相矛盾",
    en="the refund fields contradict each other",
    do_zh="在支付宝商家平台核对该笔交易的退款",
    do_en="check the trade's refunds on Alipay's merchant pages",
)
PUBLIC_KEY: Final = define(
    "BH-ALI-020",
    Config,
    zh="public_key 不是 RSA 公钥或证书",
    en="public_key is not an RSA public key or certificate",
    do_zh="写支付宝公钥(PEM 或一行 base64)或 alipayCertPublicKey_RSA2.crt 的文件",
    do_en="name a file with Alipay's public key (PEM, or bare base64) or alipayCertPublicKey_RSA2.crt",
)
SIGN_TYPES: Final = define(
    "BH-ALI-021",
    Config,
    zh="sign_types 只能是 RSA2 和 RSA",
    en="sign_types may hold RSA2 and RSA only",
    do_zh="sign_types: [RSA2]",
    do_en="sign_types: [RSA2]",
)
APP_ID_SETTING: Final = define(
    "BH-ALI-022",
    Config,
    zh="缺少 app_id",
    en="app_id is missing",
    do_zh="app_id: 支付宝开放平台的应用编号",
    do_en="app_id: the application's number on the open platform",
)
