"""Exceptions as envelopes: every class of failure has a status, a code and all its words."""

from __future__ import annotations

import time

import pytest
from litestar.exceptions import ClientException, HTTPException, MethodNotAllowedException, NotFoundException

from sora_kit import errors
from sora_kit.backends import base
from sora_kit.server.envelope import KeyRefused, explain


@pytest.mark.parametrize("kind", base.EFFECTS, ids=lambda kind: kind.__name__)
def test_backend_failures_follow_their_one_table(kind: type[base.BackendError]):
    problem = explain(kind("It failed", why="The backend says so", fix="Wait"))
    assert problem.status == base.EFFECTS[kind].http_status
    assert problem.code == kind.code
    assert problem.message == "It failed. The backend says so. Wait."


def test_a_backend_failure_of_an_unknown_class_is_a_bad_gateway():
    assert explain(base.BackendError("Hm")).status == 502


@pytest.mark.parametrize(
    ("error", "status", "type_"),
    [
        (errors.BadPrompt("x", param="prompt"), 400, "invalid_request_error"),
        (errors.FetchRefused("x"), 400, "invalid_request_error"),
        (errors.UnknownModel("x", param="model"), 404, "invalid_request_error"),
        (errors.NotFound("x"), 404, "invalid_request_error"),
        (KeyRefused("x"), 401, "invalid_request_error"),
        (errors.WorkspaceFull("x"), 507, "server_error"),
        (errors.WorkspaceUnreadable("x"), 503, "server_error"),
        (base.AccountUnfit("x"), 403, "permission_error"),
        (base.TooManyConcurrent("x"), 429, "rate_limit_error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_each_class_has_its_status_and_type(error: errors.SoraKitError, status: int, type_: str):
    problem = explain(error)
    assert (problem.status, problem.type, problem.param) == (status, type_, error.param)
    assert problem.body()["error"].keys() == {"message", "type", "param", "code"}


def test_full_disks_and_surprises_are_not_repeated_by_clients():
    for error in (errors.WorkspaceFull("x"), RuntimeError("x")):
        assert explain(error).headers["x-should-retry"] == "false"


def test_a_surprise_shows_nothing_of_its_inside():
    problem = explain(RuntimeError("password is hunter2 in /home/me/secret.py"))
    assert problem.status == 500
    assert "hunter2" not in problem.message
    assert "secret.py" not in problem.message


def test_an_address_that_is_not_here_says_which_of_openais_apis_are():
    problem = explain(NotFoundException())  # such as /v1/responses, which some clients ask first
    assert (problem.status, problem.code) == (404, "not_found")
    for word in ("/v1.", "videos", "images", "chat completions", "not responses", "/openapi.json"):
        assert word in problem.message


def test_hints_to_wait_become_retry_after():
    assert explain(base.Overloaded("x", retry_after=2.4)).headers == {"retry-after": "2"}
    assert explain(base.QuotaExhausted("x", resets_at=time.time() + 90)).headers["retry-after"] in {
        "89",
        "90",
    }
    assert explain(base.QuotaExhausted("x", resets_at=time.time() - 90)).headers["retry-after"] == "1"
    assert explain(base.Overloaded("x")).headers == {}


def test_http_errors_of_the_framework_get_words():
    assert explain(HTTPException(status_code=422, detail="secret")).status == 400
    assert explain(ClientException("secret")).message != "secret"
    missed = explain(MethodNotAllowedException(headers={"Allow": "GET", "X-Other": "1"}))
    assert missed.status == 405
    assert missed.headers == {"Allow": "GET"}
