"""Callbacks go to Marketo and to hosts that the connection names, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.flow_step.callback_url import MARKETO_DOMAINS, CallbackPolicy

STRICT = CallbackPolicy()
WIDE = CallbackPolicy(hosts=("proxy.example.com",), loopback=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://mkto-flow.adobe.io/callback?x=1",
        "https://MKTO.Adobe.IO:443/callback",
        "https://123-abc-456.mktorest.com/x",
    ],
)
def test_marketos_own_hosts_are_called(url: str) -> None:
    assert STRICT.refusal(url) is None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://mkto.adobe.io/x", "not https"),
        ("ftp://mkto.adobe.io/x", "not https"),
        ("//mkto.adobe.io/x", "not https"),
        ("https://adobe.io.evil.com/x", "host"),
        ("https://eviladobe.io/x", "host"),
        ("https://evil.com/adobe.io", "host"),
        ("https://evil.com#.adobe.io", "host"),
        ("https://evil.com?.adobe.io", "host"),
        ("https://mkto.adobe.io@evil.com/", "credentials"),
        ("https://user:pw@mkto.adobe.io/", "credentials"),
        ("https://mkto.adobe.io:8443/", "port"),
        ("https://mkto.adobe.io:99999/", "no URL"),
        ("https://evil.com\\.adobe.io/", "no URL"),
        ("https://mkto.adobe.io/\r\nHost: x", "no URL"),
        ("https://[::1]/x", "host"),
        ("https://[::1", "no URL"),
        ("http://127.0.0.1:8701/x", "host"),
        ("http://localhost/x", "host"),
        ("https://169.254.169.254/latest/meta-data", "host"),
        ("https://10.0.0.1/x", "host"),
        ("https://2130706433/x", "host"),
        ("https://mkto.ad\u00f6be.io/x", "no URL"),
        ("file:///etc/passwd", "not https"),
        ("https://", "host"),
        ("https://mkto.adobe.io/" + "x" * 5000, "no URL"),
    ],
)
def test_all_else_is_refused(url: str, why: str) -> None:
    assert why in str(STRICT.refusal(url))


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://proxy.example.com/x", True),
        ("https://proxy.example.com:8443/x", True),
        ("http://proxy.example.com/x", False),
        ("https://sub.proxy.example.com/x", False),
        ("http://127.0.0.1:8701/x", True),
        ("http://[::1]:8701/x", True),
        ("gopher://127.0.0.1/x", False),
        ("http://10.0.0.1/x", False),
    ],
)
def test_a_connection_can_allow_more(url: str, allowed: bool) -> None:
    assert (WIDE.refusal(url) is None) is allowed


@given(st.text(max_size=60), st.text(max_size=20))
def test_no_url_leads_elsewhere(text: str, path: str) -> None:
    """Whatever stands before the path, an allowed URL names a host below Marketo's domains."""
    from requests import PreparedRequest, RequestException

    url = f"https://{text}/{path}"
    if STRICT.refusal(url) is not None:
        return
    request = PreparedRequest()
    try:
        request.prepare_url(url, None)
    except RequestException:
        return
    from urllib.parse import urlsplit

    host = str(urlsplit(str(request.url)).hostname)
    assert any(host.endswith(f".{domain}") for domain in MARKETO_DOMAINS)
