"""What asking costs: told before, counted during, and never more than was allowed."""

import json
import threading
import time

import pytest

from ictrain.errors import ConfigError
from ictrain.examples import Example, PoolSnapshot
from ictrain.experiments.paraphrasing.wanted import Need
from ictrain.experiments.paraphrasing.words import told_after, told_before
from ictrain.generation.client import Spent
from ictrain.paraphrase.asked import BudgetError, Checker, Kept, LlmSettings, Wanted, estimate_of
from ictrain.paraphrase.asked.cache import Cost
from ictrain.paraphrase.asked.ledger import Ledger, estimate, money_of
from ictrain.paraphrase.asked.prompt import ids_of, messages_of
from ictrain.similarity import build_index
from tests.faulty_server import FAULTS, chat_reply
from tests.paraphrase.kit import (
    SENTENCES,
    all_good,
    ask_all,
    settings_of,
    times_answered,
    times_asked,
)


def priced(prompt: str, sent: int = 100, back: int = 50):
    reply = chat_reply(all_good(prompt))
    return {**reply, "usage": {"prompt_tokens": sent, "completion_tokens": back}}


@pytest.mark.parametrize(
    ("budget", "calls"),
    [
        ({"calls": 2}, 2),
        # A call comes to 100 tokens sent and 50 back; at its most to 812 and 1,256.
        ({"tokens": 2150}, 1),
        ({"money": 0.0073}, 2),
    ],
)
def test_the_call_that_could_pass_the_budget_is_not_made(serve, tmp_path, budget, calls):
    server = serve(priced)
    changes = {"concurrency": 1, "price": {"prompt": 2.0, "completion": 4.0}}
    settings = settings_of(server, tmp_path, budget=budget, **changes)
    unit = {"money": "USD"}.get(*[next(iter(budget))] * 2)
    with pytest.raises(BudgetError, match=rf"{unit} in all; expected at most .*; all that is paid"):
        ask_all(settings)
    assert sum(server.asked.values()) == calls
    found = len(times_answered(server))
    # The budget is over all calls of the command: the same one asks nothing more.
    with pytest.raises(BudgetError, match=r"raise its budget\.\w+ and run the same command again"):
        ask_all(settings)
    assert sum(server.asked.values()) == calls
    # Raised, it goes on, and asks only for what is missing.
    more = settings_of(server, tmp_path, budget=dict.fromkeys(budget, 10**6), **changes)
    assert ask_all(more).cached == found
    assert times_answered(server) == dict.fromkeys(SENTENCES, 1)


def test_with_many_at_once_no_call_slips_past_the_budget(serve, tmp_path):
    server = serve(priced)
    settings = settings_of(server, tmp_path, concurrency=8, per_call=1, budget={"calls": 5})
    with pytest.raises(BudgetError):
        ask_all(settings)
    assert sum(server.asked.values()) == 5
    assert len(Kept(settings).store.find(SENTENCES)) == 5  # what was under way came in and is kept


def test_calls_at_once_wait_for_room_and_use_the_budget_up(serve, tmp_path):
    server = serve(lambda prompt: time.sleep(0.05) or priced(prompt))
    one = settings_of(server, tmp_path, per_call=1)
    most = max(Ledger(one, Cost()).reserve([text]).tokens for text in SENTENCES)
    enough = 11 * 150 + most  # what eleven calls come to, and the most of the last
    assert 4 * most > enough  # so four at once could pass it
    settings = settings_of(server, tmp_path, per_call=1, concurrency=8, budget={"tokens": enough})
    assert len(ask_all(settings).found) == 12
    assert server.most_at_once > 1


def waiting(ledger, stop=None):
    """A thread that wants to make the same call again, and what came of it."""
    came = []

    def go():
        try:
            came.append(ledger.reserve(["a b"], stop))
        except BudgetError as error:
            came.append(error)

    thread = threading.Thread(target=go)
    thread.start()
    thread.join(0.3)
    assert thread.is_alive()
    return thread, came


@pytest.mark.parametrize("rest", [0, 1])
def test_who_waits_goes_on_or_is_refused_by_what_the_others_came_to(rest):
    most = Ledger(LlmSettings(url="http://x", model="m"), Cost()).reserve(["a b"])
    budget = {"tokens": 2 * most.tokens - 1}
    ledger = Ledger(LlmSettings(url="http://x", model="m", budget=budget), Cost())
    ledger.reserve(["a b"])
    thread, came = waiting(ledger)
    ledger.settle(most, Cost(1, 0, most.tokens - 1 + rest))
    thread.join(5)
    if rest:
        assert f"could be {2 * most.tokens:,} tokens in all" in str(came[0])
    else:
        assert came == [most]


def test_who_waits_stops_with_the_others():
    most = Ledger(LlmSettings(url="http://x", model="m"), Cost()).reserve(["a b"])
    budget = {"tokens": 2 * most.tokens - 1}
    ledger = Ledger(LlmSettings(url="http://x", model="m", budget=budget), Cost())
    ledger.reserve(["a b"])
    stop = threading.Event()
    thread, came = waiting(ledger, stop)
    stop.set()
    thread.join(5)
    assert isinstance(came[0], BudgetError)


def test_requests_that_are_repeated_count(serve, tmp_path):
    server = serve(priced, faults=lambda _, times: FAULTS["500"] if times < 2 else None)
    settings = settings_of(server, tmp_path, concurrency=1, budget={"calls": 4})
    with pytest.raises(BudgetError):
        ask_all(settings)
    assert sum(server.asked.values()) == 4


def test_what_may_be_paid_for_in_vain_is_counted_and_told(serve, tmp_path):
    server = serve(priced, faults=lambda _, times: FAULTS["cut json"] if times == 0 else None)
    settings = settings_of(server, tmp_path, price={"completion": 1.0})
    found = ask_all(settings)
    assert (found.cost.calls, found.cost.prompt, found.cost.completion) == (6, 300, 150)
    most = [Ledger(settings, Cost()).reserve(SENTENCES[i : i + 4]).tokens for i in (0, 4, 8)]
    assert found.cost.unsure == sum(most)  # a server may have done all of its work
    assert Kept(settings).store.spent() == found.cost  # on the disk too
    assert money_of(settings, found.cost) == pytest.approx((150 + found.cost.unsure) / 1e6)


def test_what_is_unsure_has_the_dearer_price(tmp_path):
    settings = settings_of("http://x/v1", tmp_path, price={"prompt": 5.0, "completion": 2.0})
    assert money_of(settings, Cost(1, 10, 100, 1000)) == pytest.approx(5250 / 1e6)


NONSENSE = [
    None, 7, {"prompt_tokens": -5, "completion_tokens": True},
    {"prompt_tokens": 0, "completion_tokens": 0}, {"prompt_tokens": "9", "completion_tokens": 1.5},
    {"prompt_tokens": 10**30, "completion_tokens": [1]},
]  # fmt: skip


@pytest.mark.parametrize("usage", NONSENSE)
def test_a_server_whose_usage_cannot_be_is_counted_by_estimate(serve, tmp_path, usage):
    server = serve(lambda prompt: {**chat_reply(all_good(prompt)), "usage": usage})
    settings = settings_of(server, tmp_path)
    cost = ask_all(settings).cost
    sizes = [len(p.encode()) / 4 for p in server.asked]
    assert sum(sizes) * 0.9 < cost.prompt < sum(sizes) * 1.2
    assert cost.completion > 12 * 5 * 6


@pytest.mark.parametrize("usage", NONSENSE)
def test_an_endpoint_counts_no_usage_that_cannot_be(usage):
    spent = Spent()
    spent.add({"usage": {"prompt_tokens": 3, "completion_tokens": 2}})
    spent.add({"usage": usage})
    assert (spent.requests, spent.prompt_tokens, spent.completion_tokens) == (2, 3, 2)


def test_a_prompt_is_put_aside_by_its_bytes_or_by_what_was_seen():
    settings = LlmSettings(url="http://x", model="m", budget={"tokens": 10**5})
    ledger = Ledger(settings, Cost())
    first = ledger.reserve(["a b"])
    texts = [text for _, text in messages_of(settings, ids_of(["a b"]))]
    assert first.prompt >= sum(len(text.encode()) for text in texts)
    ledger.settle(first, Cost(1, first.prompt // 4, 10), ["a b"])  # four bytes a token
    assert ledger.reserve(["a b"]).prompt == first.prompt  # another script may have one
    ledger.settle(first, Cost(1, 3 * first.prompt, 10), ["a b"])
    assert ledger.reserve(["a b"]).prompt == 3 * first.prompt


def test_a_server_that_answers_more_than_it_is_allowed_is_reckoned_with():
    settings = LlmSettings(url="http://x", model="m", budget={"tokens": 10**5})
    ledger = Ledger(settings, Cost())
    most = [ledger.reserve(["a b"]) for _ in range(3)]
    for one in most:  # the same each time: it does not add up
        ledger.settle(one, Cost(1, 10, 5 * one.completion), ["a b"])
    assert ledger.reserve(["a b"]).completion == 5 * most[0].completion
    ledger.settle(most[0], Cost(1, 10, 10**5), ["a b"])
    told = r"are spent; the server answers more than it is allowed; expected at most 100,000,"
    with pytest.raises(BudgetError, match=told):
        ledger.reserve(["a b"])


GREEDY = {
    "max_completion_tokens": ({"max_tokens": None, "max_completion_tokens": 4000}, 4000),
    "max_tokens": ({"max_tokens": 5000}, 5000),
    "n": ({"n": 4, "max_tokens": 900}, 3600),
    "best_of": ({"n": 2, "best_of": 3, "max_tokens": 900}, 2700),
    "both": ({"max_tokens": 3000, "max_completion_tokens": 50}, 3000),
    "n of ours": ({"n": 8}, None),
    "a tool": ({"tools": [{"about": "a schema " * 400}]}, None),
}


def used_up(server):
    """Answers with all tokens that the request allows, and a prompt of a token per byte."""

    def answer(prompt):
        body = next(b for b in server.bodies if b["messages"][1]["content"] in prompt)
        caps = [body[name] for name in ("max_completion_tokens", "max_tokens") if name in body]
        back = max(caps) * max(body.get("n", 1), body.get("best_of", 1))
        sent = len(prompt.encode()) + len(json.dumps(body.get("tools", "")))
        time.sleep(0.05)
        return priced(prompt, sent, back)

    return answer


@pytest.mark.parametrize("limit", ["tokens", "money"])
@pytest.mark.parametrize("extra", GREEDY)
def test_a_server_that_uses_its_cap_up_never_passes_the_budget(serve, tmp_path, extra, limit):
    """Sixteen at once, with the fields that really go out."""
    fields, cap = GREEDY[extra]
    server = serve()
    server.answer = used_up(server)
    budget = {"tokens": 20_000} if limit == "tokens" else {"money": 0.08}
    settings = settings_of(
        server, tmp_path, per_call=1, concurrency=16, extra=fields, budget=budget, timeout_s=20,
        price={"prompt": 1.0, "completion": 4.0},
    )  # fmt: skip
    sentences = [f"{text} {when}" for text in SENTENCES for when in ("now", "then", "at noon")]
    with pytest.raises(BudgetError, match="with the next call it could be"):
        ask_all(settings, sentences)
    spent = Kept(settings).store.spent()
    assert spent.calls == sum(server.asked.values()) >= 1
    if limit == "tokens":
        assert 0 < spent.tokens <= 20_000
    else:
        assert 0 < money_of(settings, spent) <= 0.08
    if cap == 4000 and limit == "tokens":
        assert 1 < server.most_at_once <= 4
    if cap is not None:
        most = Ledger(settings, Cost()).reserve([sentences[0]])
        assert most.completion == cap


def test_a_call_under_way_stands_on_the_disk_at_the_cap_that_goes_out(serve, tmp_path):
    settings = settings_of(serve(), tmp_path, extra=GREEDY["max_completion_tokens"][0])
    store = Kept(settings).store
    store.begin(Ledger(settings, Cost()).reserve(["a b"]))  # and the process is killed
    assert store.spent().unsure > 4000
    assert store.cut_off().unsure > 4000


@pytest.mark.parametrize("limit", ["tokens", "money"])
@pytest.mark.parametrize(
    "extra",
    [
        {"max_tokens": None}, {"max_tokens": -1}, {"max_tokens": "4000"}, {"max_tokens": 0},
        {"max_tokens": None, "max_output_tokens": 4000}, {"n": "4"}, {"n": 2.5}, {"n": True},
        {"max_completion_tokens": 1e9},
    ],
)  # fmt: skip
def test_a_budget_refuses_a_request_that_nothing_bounds(extra, limit):
    values = {"url": "http://x", "model": "m", "extra": extra, "price": {"prompt": 1.0}}
    told = rf"task\.paraphrase: budget\.{limit} without a longest answer: .*max_completion_tokens"
    with pytest.raises(ConfigError, match=told) as caught:
        LlmSettings.parse({**values, "budget": {limit: 5}}, "task.paraphrase")
    assert "\n" not in str(caught.value)
    LlmSettings.parse({**values, "budget": {"calls": 5}})  # which needs none


def need_of(settings):
    pool = PoolSnapshot.of([Example(str(i), text, "x") for i, text in enumerate(SENTENCES)])
    return Need(Kept(settings), pool.examples, pool)


def test_a_budget_that_a_server_went_beyond_with_its_last_calls_is_told(serve, tmp_path):
    server = serve(lambda prompt: priced(prompt, 100, 90_000))
    settings = settings_of(server, tmp_path, concurrency=3, budget={"tokens": 20_000})
    told = told_after(need_of(settings), ask_all(settings))
    warning = "WARNING: 270,300 tokens are spent in all, the budget is 20,000: the server answers"
    assert [line for line in told if line.startswith(warning)]
    well = settings_of(serve(priced), tmp_path, concurrency=3, budget={"tokens": 20_000})
    assert not [line for line in told_after(need_of(well), ask_all(well)) if "WARNING" in line]


def test_a_named_key_on_its_way_to_a_stranger_for_all_to_read_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_KEY", "secret")
    for url, bare in [("http://a.example/v1", True), ("https://a.example/v1", False)]:
        settings = settings_of(url, tmp_path, key="MY_KEY")
        told = told_before(need_of(settings), estimate(settings, [SENTENCES]))
        assert bare == ("WARNING: the key in MY_KEY goes unencrypted to a.example" in told)


def test_what_is_told_beforehand_knows_the_fields_that_go_out(tmp_path):
    def told(**changes):
        settings = settings_of("http://x/v1", tmp_path, **changes)
        return told_before(need_of(settings), estimate(settings, [SENTENCES]))

    plain = told()
    assert "on top" not in plain
    room = {"max_tokens": None, "max_completion_tokens": 4000}
    assert told(extra=room).endswith("that comes on top: up to 4,000 tokens back a call")
    assert told(extra={**room, "n": 2}).endswith("up to 8,000 tokens back a call")
    assert told(max_tokens=700).endswith("up to 700 tokens back a call")
    assert told(extra={"max_tokens": None}).endswith("nothing in the request bounds it")
    one, three = (
        estimate(settings_of("http://x/v1", tmp_path, extra={"n": n}), [SENTENCES]) for n in (1, 3)
    )
    assert three.completion == 3 * one.completion


def test_thinking_that_stands_in_the_total_alone_is_counted(serve, tmp_path):
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115}
    server = serve(lambda prompt: {**chat_reply(all_good(prompt)), "usage": usage})
    assert ask_all(settings_of(server, tmp_path)).cost == Cost(3, 30, 315)


def test_the_estimate_is_what_a_perfect_model_needs(serve, tmp_path):
    server = serve(priced)
    settings = settings_of(server, tmp_path, price={"prompt": 2.0, "completion": 4.0})
    pool = PoolSnapshot.of([Example(str(i), text, "x") for i, text in enumerate(SENTENCES)])
    checker = Checker(settings, build_index(settings.similarity, pool))
    wanted = [Wanted(text) for text in SENTENCES]
    found = estimate_of(wanted, settings, checker, Kept(settings).store)
    assert (found.sentences, found.calls) == (12, 3)
    assert found.money == pytest.approx((2 * found.prompt + 4 * found.completion) / 1e6)
    assert found.told().startswith("about 3 calls, ")
    assert found.told().endswith(" USD")
    assert not server.asked
    ask_all(settings)
    assert times_asked(server) == dict.fromkeys(SENTENCES, 1)
    after = estimate_of(wanted, settings, checker, Kept(settings).store)
    assert (after.calls, after.money, after.told()) == (0, 0, "all are kept: 0 calls")


def test_a_budget_in_money_needs_prices():
    with pytest.raises(ConfigError, match=r"budget\.money without prices"):
        LlmSettings.parse({"url": "http://x", "model": "m", "budget": {"money": 1}})
