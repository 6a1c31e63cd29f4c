"""Hostile and odd HTTP requests: what each is answered with, and whether the connection goes on."""

from __future__ import annotations

HEAD = b"POST /in/demo/src HTTP/1.1\r\nHost: x\r\n"
FINE = HEAD + b"Content-Length: 2\r\n\r\nhi"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def post(body: bytes) -> bytes:
    """A whole message, nothing odd about it."""
    return HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def _get(target: bytes) -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n"


# name: (bytes, status, connection goes on). Senders' bytes that a proxy in front may read in another way come first.
SMUGGLING: dict[str, tuple[bytes, int, bool]] = {
    "length and chunked": (HEAD + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX", 400, False),
    "chunked and length": (HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nX", 400, False),
    "two lengths, equal": (HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi", 400, False),
    "two lengths, different": (HEAD + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\nhi", 400, False),
    "lengths in a list": (HEAD + b"Content-Length: 2, 2\r\n\r\nhi", 400, False),
    "length with plus": (HEAD + b"Content-Length: +2\r\n\r\nhi", 400, False),
    "length negative": (HEAD + b"Content-Length: -2\r\n\r\nhi", 400, False),
    "length hexadecimal": (HEAD + b"Content-Length: 0x2\r\n\r\nhi", 400, False),
    "length with underscore": (HEAD + b"Content-Length: 1_0\r\n\r\nhi", 400, False),
    "length empty": (HEAD + b"Content-Length:\r\n\r\n", 400, False),
    "length beyond 64 bits": (HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n", 400, False),
    "coding unknown": (HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, False),
    "coding identity": (HEAD + b"Transfer-Encoding: identity\r\n\r\nhi", 400, False),
    "coding gzip, chunked": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, False),
    "coding chunked, identity": (HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400, False),
    "coding twice": (HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, False),
    "coding with a control": (HEAD + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400, False),
    "coding on 1.0": (b"POST /in/demo/src HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, False),
    "coding name with space": (HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400, False),
    "folded header": (HEAD + b"X: a\r\n b\r\n\r\n", 400, False),
    "folded first header": (b"POST /in/demo/src HTTP/1.1\r\n Host: x\r\n\r\n", 400, False),
    "bare LF": (b"POST /in/demo/src HTTP/1.1\nHost: x\n\n", 400, False),
    "bare LF in headers": (HEAD + b"X: a\n\r\n", 400, False),
    "bare CR in a value": (HEAD + b"X: a\rY: b\r\n\r\n", 400, False),
    "NUL in a value": (HEAD + b"X: a\x00b\r\n\r\n", 400, False),
    "NUL in a name": (HEAD + b"X\x00: a\r\n\r\n", 400, False),
    "NUL in the target": (_get(b"/in/demo/\x00src"), 400, False),
    "control in a value": (HEAD + b"X: a\x01b\r\n\r\n", 400, False),
    "empty header name": (HEAD + b": a\r\n\r\n", 400, False),
    "header without colon": (HEAD + b"Xabc\r\n\r\n", 400, False),
    "chunk size not hexadecimal": (CHUNKED + b"zz\r\nhi\r\n0\r\n\r\n", 400, False),
    "chunk size negative": (CHUNKED + b"-1\r\nhi\r\n0\r\n\r\n", 400, False),
    "chunk size with 0x": (CHUNKED + b"0x2\r\nhi\r\n0\r\n\r\n", 400, False),
    "chunk size with space": (CHUNKED + b"2 \r\nhi\r\n0\r\n\r\n", 400, False),
    "chunk size beyond 64 bits": (CHUNKED + b"fffffffffffffffff\r\nhi\r\n0\r\n\r\n", 400, False),
    "chunk size ends in LF": (CHUNKED + b"2\nhi\r\n0\r\n\r\n", 400, False),
    "chunk data ends in LF": (CHUNKED + b"2\r\nhi\n0\r\n\r\n", 400, False),
    "chunk data too long": (CHUNKED + b"2\r\nhih\r\n0\r\n\r\n", 400, False),
    "chunk extension with LF": (CHUNKED + b"2;a\nb\r\nhi\r\n0\r\n\r\n", 400, False),
    "length in a trailer": (CHUNKED + b"2\r\nhi\r\n0\r\nContent-Length: 3\r\n\r\n", 400, False),
    "no host": (b"POST /in/demo/src HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi", 400, False),
    "two hosts": (HEAD + b"Host: y\r\nContent-Length: 2\r\n\r\nhi", 400, False),
    "host with a space": (b"POST /in/demo/src HTTP/1.1\r\nHost: a b\r\nContent-Length: 2\r\n\r\nhi", 400, False),
    "host with a path": (b"POST /in/demo/src HTTP/1.1\r\nHost: a/b?c\r\nContent-Length: 2\r\n\r\nhi", 400, False),
    "host with a user": (b"POST /in/demo/src HTTP/1.1\r\nHost: u@a\r\nContent-Length: 2\r\n\r\nhi", 400, False),
    "host on 1.0 with a space": (b"POST /in/demo/src HTTP/1.0\r\nHost: a b\r\nContent-Length: 2\r\n\r\nhi", 400, False),
    "chunk size with plus": (CHUNKED + b"+2\r\nhi\r\n0\r\n\r\n", 400, False),
    "chunk size after a space": (CHUNKED + b" 2\r\nhi\r\n0\r\n\r\n", 400, False),
    "chunk size empty": (CHUNKED + b"\r\nhi\r\n0\r\n\r\n", 400, False),
    "chunk extension with CR": (CHUNKED + b"2;a\rb\r\nhi\r\n0\r\n\r\n", 400, False),
    "chunk extension, LF in quotes": (CHUNKED + b'2;a="\n"\r\nhi\r\n0\r\n\r\n', 400, False),
    "coding in a trailer": (CHUNKED + b"2\r\nhi\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, False),
    "folded trailer": (CHUNKED + b"2\r\nhi\r\n0\r\nX: 1\r\n y\r\n\r\n", 400, False),
    "length with a space inside": (HEAD + b"Content-Length: 1 2\r\n\r\nhi", 400, False),
    "length with a comma after": (HEAD + b"Content-Length: 2,\r\n\r\nhi", 400, False),
    "coding with a comma after": (HEAD + b"Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n", 400, False),
    "coding with a parameter": (HEAD + b"Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", 400, False),
    "coding empty, and length": (HEAD + b"Transfer-Encoding:\r\nContent-Length: 2\r\n\r\nhi", 400, False),
    "space before the method": (b" POST /in/demo/src HTTP/1.1\r\nHost: x\r\n\r\n", 400, False),
    "tabs in the request line": (b"POST\t/in/demo/src\tHTTP/1.1\r\nHost: x\r\n\r\n", 400, False),
    "space after the version": (b"POST /in/demo/src HTTP/1.1 \r\nHost: x\r\n\r\n", 400, False),
    "version 1.10": (b"POST /in/demo/src HTTP/1.10\r\nHost: x\r\n\r\n", 400, False),
    "garbage": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, False),
    "an HL7 message": (b"\x0bMSH|^~\\&|A\r\x1c\r", 400, False),
    "method in lower case": (b"post /in/demo/src HTTP/1.1\r\nHost: x\r\n\r\n", 400, False),
    "request line without version": (b"GET /in/demo/src\r\n\r\n", 505, False),
    "version 2.0": (b"GET /in/demo/src HTTP/2.0\r\nHost: x\r\n\r\n", 505, False),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, False),
    "version 1.2": (b"GET /in/demo/src HTTP/1.2\r\nHost: x\r\n\r\n", 400, False),
    "another protocol": (b"DESCRIBE /in/demo/src RTSP/1.0\r\nHost: x\r\n\r\n", 405, False),
    "connect": (b"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n", 405, False),
    "trace": (b"TRACE /in/demo/src HTTP/1.1\r\nHost: x\r\n\r\n", 405, False),
}

ADDRESSES: dict[str, tuple[bytes, int, bool]] = {
    "fine": (FINE, 200, True),
    "fine, get": (_get(b"/in/demo/src?echo=1"), 200, True),
    "fine, absolute form": (_get(b"http://x/in/demo/src"), 200, True),
    "fine, absolute form with a port": (_get(b"http://x:80/in/demo/src"), 200, True),
    "fine, host empty": (b"GET /in/demo/src HTTP/1.1\r\nHost:\r\n\r\n", 200, True),
    "fine, host an address": (b"GET /in/demo/src HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200, True),
    "absolute form with a user": (_get(b"http://u:p@x/in/demo/src"), 400, True),
    "absolute form of another scheme": (_get(b"ftp://x/in/demo/src"), 400, True),
    "fine, percent-encoded": (_get(b"/in/dem%6f/src"), 200, True),
    "fine, blank line before": (b"\r\n" + FINE, 200, True),
    "fine, chunked with extension and trailer": (CHUNKED + b"2;a=b\r\nhi\r\n0\r\nT: 1\r\n\r\n", 200, True),
    "fine, an offer of h2c": (HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi", 200, True),
    "fine, an offer of h2c, chunked": (
        HEAD + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        200,
        True,
    ),
    "an offer of h2c and two lengths": (
        HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
        400,
        False,
    ),
    "fine, 1.0": (b"POST /in/demo/src HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi", 200, False),
    "fine, asks to close": (HEAD + b"Connection: close\r\n\r\n", 200, False),
    "unknown unit": (_get(b"/in/none/src"), 404, True),
    "no source": (_get(b"/in/demo"), 404, True),
    "nothing": (_get(b"/in/"), 404, True),
    "not a name": (_get(b"/in/demo/s%20c"), 404, True),
    "doubled slash": (_get(b"/in//demo/src"), 400, True),
    "doubled slash before": (_get(b"//in/demo/src"), 400, True),
    "dot": (_get(b"/in/./demo/src"), 400, True),
    "dots": (_get(b"/in/demo/src/../other"), 400, True),
    "dots at the end": (_get(b"/in/demo/.."), 400, True),
    "dots, encoded": (_get(b"/in/demo/%2e%2E/src"), 400, True),
    "dots outside": (_get(b"/console/%2e%2e/in/demo/src"), 400, True),
    "slash, encoded": (_get(b"/in/demo%2Fsrc"), 400, True),
    "backslash": (_get(b"/in/demo%5csrc"), 400, True),
    "percent, broken": (_get(b"/in/demo/src%4"), 400, True),
    "percent, not UTF-8": (_get(b"/in/demo/%ff"), 400, True),
    "percent, overlong UTF-8": (_get(b"/in/demo/%c0%ae"), 400, True),
    "percent, NUL": (_get(b"/in/demo/src%00"), 400, True),
    "fragment": (_get(b"/in/demo/src#a"), 400, True),
    "star": (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400, True),
    "raw bytes in the target": (_get(b"/in/demo/\xe4\xbd\xa0"), 400, False),
    "put": (b"PUT /in/demo/src HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", 405, True),
    "delete": (b"DELETE /in/demo/src HTTP/1.1\r\nHost: x\r\n\r\n", 405, True),
    "expectation unknown": (HEAD + b"Expect: 200-ok\r\nContent-Length: 2\r\n\r\n", 417, False),
}

# With the limits of LIMITS.
LIMITS = {"max_target": 200, "max_head": 1000, "max_headers": 10, "max_body": 1000}
TOO_LARGE: dict[str, tuple[bytes, int, bool]] = {
    "target": (_get(b"/in/demo/src?" + b"a" * 300), 414, False),
    "target without end": (b"GET /in/demo/src?" + b"a" * 40_000, 414, False),
    "headers": (HEAD + b"X: " + b"a" * 1200 + b"\r\n\r\n", 431, False),
    "a header without end": (HEAD + b"X: " + b"a" * 40_000, 431, False),
    "a header name without end": (HEAD + b"X" * 40_000, 431, False),
    "many headers": (HEAD + b"X: a\r\n" * 20 + b"\r\n", 431, False),
    "body, announced": (HEAD + b"Content-Length: 1001\r\n\r\n", 413, False),
    "body, announced and expecting": (HEAD + b"Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n", 413, False),
    "body, in chunks": (CHUNKED + b"3e9\r\n" + b"a" * 1001 + b"\r\n0\r\n\r\n", 413, False),
    "chunk extensions without end": (CHUNKED + b"2;" + b"a" * 60_000, 413, False),
    "trailers without end": (CHUNKED + b"2\r\nhi\r\n0\r\n" + b"T: a\r\n" * 10_000, 413, False),
}
