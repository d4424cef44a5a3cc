"""Input that nobody sends by accident: words, numbers, names, trees and raw bytes.

Each is something that has broken a program somewhere: in a parser, a database, a log, a page, a path or a
number's conversion. `test_server_hostile` throws all of it at every route.
"""

from __future__ import annotations

__all__ = ("BODIES", "HEADERS", "IDS", "JSON_VALUES", "QUERIES", "TEXTS")

TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ufeffa",
    "\u202eevil\u202c",
    "a\u0301" * 200,
    "\U0010ffff\ufffe",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ﷽ ︻",
    "\r\n\r\nHTTP/1.1 200 OK",
    "a" * 32_001,
    "{" * 500,
    "[" * 500 + "]" * 500,
    "{" + "anime " * 300 + "}",
    "[1s]" * 300,
    "[99999999999999999999s] a",
    "[-1s] a [nans] b [1e400s] c",
    "@" * 300,
    "@../../../etc/passwd",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "' OR 1=1; DROP TABLE job; --",
    "%s%n%x {0.__class__} ${7*7} {{7*7}}",
    "$(reboot) `reboot` | reboot & reboot",
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "http://127.0.0.1:1/",
    "http://[::1]:1/ http://2130706433/ http://0x7f.1/",
    "data:image/png;base64,AAAA",
    "data:;base64," + "A" * 3000,
    "https://sora.chatgpt.com/p/s_" + "0" * 400,
)
"""For every field that is a text."""

NUMBERS = (
    *("1e400", "-1e400", "NaN", "Infinity", "-0", "0", "-1", "1.5", "9" * 400, "1" + "0" * 30),
    *("9223372036854775808", "0x10", "1_000", "١٢", "1e-400", "", " 8 ", "8s", "eight", "true"),
)

JSON_VALUES = (
    *NUMBERS,
    *("null", "true", "false", "[]", "{}", "[[]]", '[""]', '{"id": null}', '{"id": {"id": 1}}', '{"": ""}'),
    *('["a", 1, null, {"b": []}]', '{"url": "javascript:alert(1)"}', '{"file_id": "file-1"}'),
    *('{"image_url": {"url": {"url": "x"}}}', '"\\ud800"', '"\\u0000"', '"\\ud83d"', '"' + "x" * 5000 + '"'),
    "[" * 2000 + "]" * 2000,
    '{"a":' * 2000 + "1" + "}" * 2000,
    "[" + ",".join(["1"] * 5000) + "]",
)
"""For every field of a JSON body; some are no JSON."""

IDS = (
    *("x", "video_", "job_", "null", "None", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%00", "a%00b"),
    *("%ff%fe", "%F0%9F%98%80", "video_%27%20OR%201=1--", "%3Cscript%3E", "a" * 2000, "%25", "-1", "1e400"),
    *("video_01jd3v8m6k2q9zt4w7x5y0bacd", "clip_x", "a%0d%0ax-evil:1", "%E2%80%AE", "~", "*", "a;b", "a%2Fb"),
)
"""For every parameter of a path, as they stand in an address."""

QUERIES = (
    *("", "=", "&&&", "limit=", "limit=-1", "limit=1e400", "limit=NaN", "limit=9" + "9" * 50, "limit[]=1"),
    *("limit=1&limit=2", "after=", "after=%00", "after=%ff", "after=video_x", "order=%00", "order=ASC"),
    *("variant=../../x", "variant=%00", "variant=", "stream=perhaps", "wait=NaN", "wait=-1", "wait=1e400"),
    *("media_style=%3Cb%3E", "a=" + "b" * 4000, "&".join(f"k{n}=1" for n in range(300)), "%", "%zz=%zz"),
    *("response_format=x", "output_compression=1e9", "key=secret", "state=%00", "since=NaN", "status=0"),
)
"""For every route."""

HEADERS = (
    {"content-type": "application/json; charset=utf-16"},
    {"content-type": "application/json; charset=nonsense"},
    {"content-type": "multipart/form-data"},
    {"content-type": "multipart/form-data; boundary="},
    {"content-type": "multipart/form-data; boundary=" + "b" * 500},
    {"content-type": "multipart/form-data; boundary=\x7f"},
    {"content-type": "text/xml"},
    {"content-type": ";;;"},
    {"content-type": ""},
    {"content-encoding": "gzip"},
    {"idempotency-key": "k" * 300},
    {"idempotency-key": "\xff\xfe"},
    {"x-stainless-retry-count": "1e400"},
    {"x-stainless-retry-count": "-1"},
    {"x-stainless-read-timeout": "NaN"},
    {"accept": "*/*;q=NaN"},
    {"accept-encoding": "gzip;q=1e400, br;q=-1"},
    {"range": "bytes=-99999999999999999999"},
    {"range": "bytes=" + ",".join("0-1" for _ in range(500))},
    {"if-none-match": '"' * 1000},
    {"origin": "null"},
    {"x-forwarded-for": "1.2.3.4, \xff"},
    {"x-forwarded-host": "evil.example/<script>"},
    {"x-forwarded-proto": "javascript"},
    {"x-forwarded-prefix": "/../..//evil"},
    {"x-http-method-override": "DELETE"},
    {"cookie": "a=" + "b" * 3000},
)
"""Each with a request that is fine otherwise."""

FORM = "multipart/form-data; boundary=b"


def part(about: bytes, value: bytes) -> bytes:
    """A form with one field."""
    return b"--b\r\nContent-Disposition: form-data; " + about + b"\r\n\r\n" + value + b"\r\n--b--\r\n"


BODIES = (
    (b"", "application/json"),
    (b"\x00", "application/json"),
    (b"\xff\xfe{\x00}\x00", "application/json"),
    (b'{"prompt": "a", "prompt": ["b"]}', "application/json"),
    (b'{"prompt": "\xed\xa0\x80"}', "application/json"),
    (b'{"prompt": "a"} trailing', "application/json"),
    (b"[" * 100_000, "application/json"),
    (b'{"a":' * 100_000, "application/json"),
    (b'"just a text"', "application/json"),
    (b"null", "application/json"),
    (b'{"prompt": 1e999999999}', "application/json"),
    (b'{"prompt": ' + b"9" * 100_000 + b"}", "application/json"),
    (b"&".join([b"a=1"] * 5000), "application/x-www-form-urlencoded"),
    (b"prompt=%ff%fe", "application/x-www-form-urlencoded"),
    (b"a[b]=1&a=2", "application/x-www-form-urlencoded"),
    (b"a" + b"[b]" * 5000 + b"=1", "application/x-www-form-urlencoded"),
    (b"--b\r\n", FORM),
    (b"--b\r\n\r\n\r\n--b--", FORM),
    (b"--b--\r\n", FORM),
    (b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na', FORM),
    (b"--b\r\n" + b"X: y\r\n" * 500 + b"\r\na\r\n--b--\r\n", FORM),
    (part(b'name="' + b"n" * 50_000 + b'"', b"a"), FORM),
    (part(b'name="input_reference"; filename="../../x"', b""), FORM),
    (part(b'name="model"\r\nContent-Type: text/plain; charset=utf-7', b"+AGE-"), FORM),
    (part(b'name="model"\r\nContent-Type: text/plain; charset=nonsense', b"a"), FORM),
    (part(b'name="prompt"', b"\xff\xfe"), FORM),
)
"""Whole bodies with their types."""
