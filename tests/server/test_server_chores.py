"""The hidden requests of chat programs, and what people ask for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_kit.server.chores import chore_answer

HISTORY = "USER: {anime} A red <b>kite</b> over a wide green meadow\nASSISTANT: Here it is"


def user(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


def system(text: str) -> dict[str, Any]:
    return {"role": "system", "content": text}


def open_webui(task: str, form: str) -> str:
    return (
        f"### Task:\n{task}\n\n### Guidelines:\n- Be concise.\n\n### Output:\nJSON format: {form}\n\n"
        f"### Chat History:\n<chat_history>\n{HISTORY}\n</chat_history>"
    )


OPEN_WEBUI = {
    "title": open_webui(
        "Generate a concise, 3-5 word title with an emoji summarizing the chat history.",
        '{ "title": "your concise title here" }',
    ),
    "tags": open_webui(
        "Generate 1-3 broad tags categorizing the main themes of the chat history, along with 1-3 more "
        "specific subtopic tags.",
        '{ "tags": ["tag1", "tag2", "tag3"] }',
    ),
    "follow_ups": open_webui(
        "Suggest 3-5 relevant follow-up questions or prompts that the user might naturally ask next.",
        '{ "follow_ups": ["Question 1?", "Question 2?"] }',
    ),
    "queries": open_webui(
        "Analyze the chat history to determine the necessity of generating search queries.",
        '{ "queries": ["query1", "query2"] }',
    ),
    "text": open_webui(
        "You are an autocompletion system. Continue the text in `<text>`.", '{ "text": "<your_completion>" }'
    ),
}

CONVERSATION = f"User: {HISTORY[6:]}"

USER_PROMPTS = {
    "nextchat title": "Please generate a four to five word title summarizing our conversation without any "
    "lead-in, punctuation, quotation marks, periods, symbols, bold text, or additional text.",
    "nextchat title, chinese": "使用四到五个字直接返回这句话的简要主题，不要解释、不要标点、不要语气词",
    "nextchat summary": "Summarize the discussion briefly in 200 words or less to use as a prompt for future "
    "context.",
    "librechat": "Provide a concise, 5-word-or-less title for the conversation, using title case "
    f"conventions. Only return the title itself.\n\nConversation:\n{CONVERSATION}",
    "librechat, structured": "Analyze this conversation and provide:\n1. The detected language of the "
    "conversation\n2. A concise title in the detected language (5 words or less, no punctuation or "
    f"quotation)\n\n{CONVERSATION}",
    "librechat, older": "Write a concise title for this conversation in the detected language.\n"
    + CONVERSATION,
    "chatbox": "Based on the chat history, give this conversation a name.\nKeep it short - 10 characters "
    f"max, no quotes.\n\nHere's the conversation:\n\n```\n{CONVERSATION}\n```",
    "big-agi": "Analyze the given short conversation (every line is truncated) and extract a concise chat "
    f"title.\n\n```\n- You: {HISTORY[6:]}\n```",
    "better chatgpt": "Generate a title in less than 6 words for the following message (language: en):\n"
    f'"""\n{CONVERSATION}\n"""',
    "page assist": "Here is the query:\n\n--------------\n\nA red kite\n\n--------------\n\nCreate a "
    "concise, 3-5 word phrase as a title for the previous query.",
    "deepchat": "You need to summarize the user's conversation into a title of no more than 10 words, with "
    f"the title language matching the user's primary language：\n{CONVERSATION}",
    "jan": 'Summarize in a 10-word Title. Give the title only. "A red kite"',
}

SYSTEM_PROMPTS = {
    "lobehub": "You are a professional conversation summarizer. Generate a concise title that captures the "
    "essence of the conversation.\n\nRules:\n- Output ONLY the title text",
    "lobehub, older": "你是一名擅长会话的助理，你需要将用户的会话总结为 10 个字以内的标题",
    "cherry studio": "You are an assistant skilled in conversation. You need to summarize the user's "
    "conversation into a title within 10 words.",
    "chat-ui": "You are a summarization AI. Summarize the user's request into a single short sentence of "
    "four words or less.",
    "big-agi": "You are an AI conversation titles assistant who specializes in creating expressive yet "
    "few-words chat titles.",
    "vercel": "\n\n    - you will generate a short title based on the first message a user begins a "
    "conversation with",
}

WISHES = (
    "a task force at dawn",
    "Create a short title sequence for a conversation",
    "# Task: dance",
    "### Task:\nA dragon flies over a burning city",
    "### Task:\nGenerate a title card for a film about a chat between robots",
    "a title card",
    "Summarize in one shot the history of the kite",
    "Write a concise title on a blackboard in chalk, slow zoom",
    "A woman says: please generate a four to five word title summarizing our conversation",
    "Generate a cat",
    "The assistant: a film about a robot\nUser: Tom. ASSISTANT: Ada",
    "You are a summarization AI, lost in space",
    "A detective tags evidence; follow-up questions in a dark room",
    "",
)


@pytest.mark.parametrize("key", OPEN_WEBUI)
def test_open_webui_gets_the_json_that_it_parses(key: str):
    answer = json.loads(chore_answer(OPEN_WEBUI[key]) or "")
    assert list(answer) == [key]
    if key == "title":
        assert answer["title"] == "A red b kite b over"


@pytest.mark.parametrize("name", USER_PROMPTS)
def test_prompts_for_titles_and_summaries_are_known(name: str):
    prompt = USER_PROMPTS[name]
    answer = chore_answer(prompt, [user("A red kite at dusk"), {"role": "assistant"}, user(prompt)])
    assert answer is not None
    assert answer.startswith("A red")


@pytest.mark.parametrize("name", SYSTEM_PROMPTS)
def test_a_system_message_tells_that_the_users_message_is_a_conversation(name: str):
    assert chore_answer(CONVERSATION, [system(SYSTEM_PROMPTS[name]), user(CONVERSATION)]) is not None


def test_a_summary_may_be_asked_for_behind_the_conversation():
    talk = [user("A red kite"), {"role": "assistant", "content": "![image](x)"}]
    assert chore_answer("A red kite", [*talk, system(USER_PROMPTS["nextchat summary"])]) == "A red kite"
    assert chore_answer("A red kite", [*talk, system("Answer in French.")]) is None


def test_a_title_may_be_asked_for_in_the_last_part_of_a_message():
    asked = "Generate a title in less than 6 words for the conversation so far (language: en)"
    parts = [{"type": "text", "text": text} for text in ("A red kite", asked)]
    assert chore_answer("\n".join(part["text"] for part in parts), [user(parts)]) is not None


def test_other_errands_of_open_webui_have_answers_of_their_own():
    picture = open_webui(
        "Generate a detailed prompt for am image generation task based on the given language and context.",
        '{ "prompt": "Your detailed description here." }',
    )
    assert "{" not in (chore_answer(picture) or "{")  # it takes the user's own words then
    tools = system(
        "Available Tools: []\n\nYour task is to choose and return the correct tool(s) from the list"
    )
    assert json.loads(chore_answer("Query: A kite", [tools, user("Query: A kite")]) or "") == {
        "tool_calls": []
    }


def test_a_schema_gets_an_object():
    prompt = (
        "You are a professional conversation summarizer.\n"
        '- Return one JSON object with a single "title" string'
    )
    assert json.loads(chore_answer("<user>\nA kite\n</user>", [system(prompt), user("x")]) or "") == {
        "title": "A kite"
    }


@pytest.mark.parametrize("prompt", WISHES)
def test_wishes_of_people_are_no_errands(prompt: str):
    assert chore_answer(prompt) is None
    assert chore_answer(prompt, [system("You are a helpful assistant."), user(prompt)]) is None


@pytest.mark.parametrize(
    "messages", [None, 7, "x", [7, None], [{"role": 7, "content": {}}], [user([7, {}, "x"])]]
)
def test_odd_conversations_are_read_without_a_fall(messages: Any):
    assert chore_answer("A cat", messages) is None


ERRANDS = [*OPEN_WEBUI.values(), *USER_PROMPTS.values()]
TALK = st.lists(st.sampled_from(WISHES).map(user) | st.text(max_size=60).map(user), max_size=3)


@given(
    st.sampled_from(ERRANDS),
    TALK,
    st.sampled_from(["", " ", "\n\n", "\t"]),
    st.sampled_from([str, str.upper, str.lower]),
    st.sampled_from([" ", "\n", "  ", "\r\n"]),
)
def test_an_errand_is_known_in_any_case_and_spacing(
    errand: str, talk: list[Any], lead: str, case: Any, gap: str
):
    said = lead + gap.join(case(errand).split(" "))
    assert chore_answer(said, [*talk, user(said)]) is not None


@given(st.text(max_size=300), TALK)
def test_whatever_people_write_is_no_errand(prompt: str, talk: list[Any]):
    assert chore_answer(prompt, [*talk, user(prompt)]) is None


@given(st.sampled_from(["A film: ", "{anime} ", "Scene 1. ", "[5.0s] ", '"', "> ", "A sign says "]),
       st.sampled_from(ERRANDS))  # fmt: skip
def test_an_errand_that_somebody_quotes_is_no_errand(before: str, errand: str):
    assert chore_answer(before + errand) is None


@given(st.sampled_from(ERRANDS), TALK)
def test_a_title_holds_no_markup(errand: str, talk: list[Any]):
    answer = chore_answer(errand, [*talk, user(errand)])
    assert answer is not None
    title = json.loads(answer).get("title", "") if answer.startswith("{") else answer
    assert not set(title) & set("<>[]()`*_\n|") or title == "_"
    assert len(title) <= 48
