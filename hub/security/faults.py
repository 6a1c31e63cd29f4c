"""What can go wrong with keys, certificates, sealed data and tokens. `where` names a file or a key, never a value."""

from __future__ import annotations

from hub.errors import Config, Reject, define

NO_SM2 = define(
    "BH-SEC-001",
    Config,
    zh="没有可用的 SM2 实现:{found}",
    en="no usable SM2 implementation: {found}",
    do_zh="安装 OpenSSL 3(libcrypto.so.3)或 gmssl-pyx",
    do_en="install OpenSSL 3 (libcrypto.so.3) or gmssl-pyx",
)
BAD_KEY = define(
    "BH-SEC-002",
    Config,
    zh="这不是可用的 SM2 密钥:{found}",
    en="this is not a usable SM2 key: {found}",
    do_zh="使用 PKCS#8 PEM,例如 openssl genpkey -algorithm SM2",
    do_en="use PKCS#8 PEM, for example of openssl genpkey -algorithm SM2",
)
BAD_PASSWORD = define(
    "BH-SEC-003",
    Config,
    zh="私钥已加密,口令缺失或不对",
    en="the private key is encrypted and its password is missing or wrong",
    do_zh="检查私钥口令文件",
    do_en="check the file that holds the key's password",
)
SIGN_FAILED = define(
    "BH-SEC-004",
    Config,
    zh="密码库不能签名:{found}",
    en="the crypto library cannot sign: {found}",
    do_zh="检查密钥文件和密码库版本",
    do_en="check the key file and the library's version",
)
BAD_CERTIFICATE = define(
    "BH-SEC-010",
    Reject,
    zh="证书无法读取:{found}",
    en="the certificate cannot be read: {found}",
    do_zh="使用 SM2 的 X.509 证书(PEM 或 DER)",
    do_en="use an X.509 certificate with an SM2 key (PEM or DER)",
)
UNKNOWN_SIGNER = define(
    "BH-SEC-011",
    Reject,
    zh="签名者未知(unknown signer):证书链不通向信任目录",
    en="unknown signer: no chain leads to the trust folder",
    do_zh="核实后把签发机构的证书放入信任目录",
    do_en="once verified, put the issuer's certificate into the trust folder",
)
EXPIRED = define(
    "BH-SEC-012",
    Reject,
    zh="证书在签名时已过期({until})",
    en="the certificate had expired when it was used ({until})",
    do_zh="换用当时有效的证书",
    do_en="use a certificate that was valid then",
)
NOT_YET_VALID = define(
    "BH-SEC-013",
    Reject,
    zh="证书在签名时尚未生效({since})",
    en="the certificate was not yet valid when it was used ({since})",
    do_zh="检查时钟或证书",
    do_en="check the clock, or the certificate",
)
NOT_FOR_THIS = define(
    "BH-SEC-014",
    Reject,
    zh="证书的用途不允许:{found}",
    en="the certificate may not be used for this: {found}",
    do_zh="换用用途正确的证书",
    do_en="use a certificate made for this purpose",
)
BAD_TRUST = define(
    "BH-SEC-015",
    Config,
    zh="信任目录中的证书无法读取:{found}",
    en="a certificate of the trust folder cannot be read: {found}",
    do_zh="修复或移走这个文件",
    do_en="repair the file, or take it away",
)
MASTER_KEY_MISSING = define(
    "BH-SEC-020",
    Config,
    zh="主密钥文件不见了,而数据已经存在",
    en="the master key file is missing though there is data",
    do_zh="从备份恢复主密钥文件;没有它数据无法读取",
    do_en="restore the master key file from its backup; the data cannot be read without it",
)
MASTER_KEY_BROKEN = define(
    "BH-SEC-021",
    Config,
    zh="主密钥文件不可用:{found}",
    en="the master key file cannot be used: {found}",
    do_zh="每行一个 32 字节的 base64;从备份恢复",
    do_en="one base64 of 32 bytes a line; restore it from its backup",
)
SEALED_BROKEN = define(
    "BH-SEC-022",
    Config,
    zh="加密数据被改动、截断,或属于别的单位",
    en="sealed data was altered, cut, or belongs elsewhere",
    do_zh="从备份恢复;检查磁盘",
    do_en="restore it from a backup; check the disk",
)
SEALED_UNKNOWN_KEY = define(
    "BH-SEC-023",
    Config,
    zh="加密数据用的主密钥 {key} 不在主密钥文件中",
    en="the master key {key} that sealed this is not in the master key file",
    do_zh="把旧的主密钥加回主密钥文件",
    do_en="put the old master key back into the master key file",
)
BAD_TOKEN = define(
    "BH-SEC-030",
    Reject,
    zh="访问密钥无效",
    en="the API key is not valid",
    do_zh="使用 Authorization: Bearer <密钥>,或向单位申请新的密钥",
    do_en="send Authorization: Bearer <key>, or ask the unit for a new key",
)
NO_SCOPE = define(
    "BH-SEC-031",
    Reject,
    zh="访问密钥没有 {scope} 权限",
    en="the API key lacks the scope {scope}",
    do_zh="向单位申请 {scope} 权限",
    do_en="ask the unit for the scope {scope}",
)
BAD_CURSOR = define(
    "BH-SEC-032",
    Reject,
    zh="游标无效",
    en="the cursor is not valid",
    do_zh="从头开始,或使用上一页返回的游标",
    do_en="start from the beginning, or use the cursor of the last page as it was given",
)
