"""The errands of chat programs, answered without a job.

Chat programs ask the chosen model, unseen, for a title, tags, follow-up questions, search queries or a
summary of the conversation. On a video model each of those would be bought. Their prompts are constants
of the programs, so they are known by how they begin, and never by a word in the middle: a film may be
about a title, a task or a summary. Three places hold them:

| where | who |
|---|---|
| the last user message | Open WebUI, NextChat (titles), LibreChat, Chatbox, big-AGI, Page Assist, … |
| a system message, with the conversation as the user's | LobeHub, Cherry Studio, chat-ui, DeepChat |
| a last system message behind the conversation | NextChat (summaries) |

The answer has the form that the program reads; a title is the first words of the conversation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

__all__ = ("chore_answer",)

TITLE_WORDS = 6
TITLE_LENGTH = 48
NOTHING = "Video"
"""The title of a conversation of which nothing is known."""

OPENINGS = re.compile(
    r"""
    please\ generate\ a\ four\ to\ five\ word\ title\ summari[sz]ing\ our\ conversation       # NextChat
    | summari[sz]e\ (the|our)\ discussion\ briefly\ in\ 200\ words\ or\ less\ to\ use\ as\ a\ prompt
    | summari[sz]e\ the\ conversation\ in\ detail,\ and\ (use\ it\ as\ a\ context|don't\ miss)
    | 使用四到五个字直接返回这句话的简要主题
    | 使用四到五個字直接返回這句話的簡要主題
    | 简要总结一下对话内容，用作后续的上下文提示
    | 簡要總結一下對話內容，用作後續的上下文提示
    | provide\ a\ concise,\ 5-word-or-less\ title\ for\ the\ conversation                     # LibreChat
    | analyze\ this\ conversation\ and\ provide:\ 1\.\ the\ detected\ language
    | write\ a\ concise\ title\ for\ this\ conversation
    | detect\ the\ language\ used\ in\ the\ following\ text\.\ note:
    | based\ on\ the\ chat\ history,\ give\ this\ conversation\ a\ name                       # Chatbox
    | analyze\ the\ given\ short\ conversation\ \(every\ line\ is\ truncated\)                # big-AGI
    | generate\ a\ title\ in\ less\ than\ 6\ words\ for\ the\ (following\ message|conversation\ so\ far)
    | create\ a\ concise,\ 3-5\ word\ phrase\ (with\ an\ emoji\ )?as\ a\ title\ for\ the\ previous\ query
    | here\ is\ the\ query:.*create\ a\ concise,\ 3-5\ word\ phrase                           # Page Assist
    | you\ need\ to\ summari[sz]e\ the\ user's\ conversation\ into\ a\ title                  # DeepChat
    | you\ are\ a\ conversational\ assistant\ and\ you\ need\ to\ summari[sz]e\ the\ user's\ conversation
    | summari[sz]e\ the\ (given\ session|conversation)\ (as|into)\ an?\ .{0,40}title          # Cherry Studio
    | what\ would\ be\ a\ short\ and\ relevant\ title\ for\ this\ chat                        # TypingMind
    | summari[sz]e\ in\ an?\ (max\ )?[0-9]+-word\ title                                       # Jan
    | your\ task\ is\ to\ reflect\ the\ speaker's\ likely\ facial\ expression                 # Open WebUI
    | you\ have\ been\ provided\ with\ a\ set\ of\ responses\ from\ various\ models
    """,
    re.VERBOSE,
)
"""How the user message of an errand begins, in lower case and with single spaces."""

SYSTEM_OPENINGS = re.compile(
    r"""
    you\ are\ an?\ (assistant|expert)\ (who\ is\ )?(skilled|good)\ (in|at)\ conversation.{0,40}summari[sz]e
    | 你是一名擅长会话的助理，你需要将用户的会话总结为                                         # both: Cherry
    | you\ are\ a\ professional\ conversation\ summari[sz]er                                  # LobeHub
    | you're\ an\ assistant\ who's\ good\ at\ extracting\ key\ takeaways\ from\ conversations
    | you\ are\ a\ summari[sz]ation\ ai                                                       # chat-ui
    | you\ are\ a\ chat\ thread\ titling\ assistant
    | you\ are\ an\ ai\ conversation\ titles\ assistant                                       # big-AGI
    | you\ are\ an\ ai\ question\ rephraser                                               # Perplexica
    | \W*you\ will\ generate\ a\ short\ title\ based\ on\ the\ first\ message                # Vercel
    | available\ tools:.*your\ task\ is\ to\ choose\ and\ return\ the\ correct\ tool          # Open WebUI
    """,
    re.VERBOSE,
)
"""How the system message of an errand begins; the user's message is the conversation then."""

TASK = re.compile(r"#{1,3} ?(task|任务|任務) ?[:：] ?", re.IGNORECASE)
"""How Open WebUI's prompts begin, translated ones too."""

STRUCTURE = ("<chat_history>", "### output", "### 输出", "### 輸出", "### guidelines", "json format")
"""What the rest of such a prompt holds; a person may begin with the same heading."""

ASKED = re.compile(
    r"(generate|write|create|suggest|provide)\b[^.]{0,60}?"
    r"\b(titles?|tags?|follow-up questions|search queries)\b(?! (card|sequence|screen|scene|shot))"
    r"[^.]{0,60}\b(chat|conversation|history|discussion|themes)\b"
    r"|suggest 3-5 relevant follow-up|generate a concise, 3-5 word title|generate 1-3 broad tags"
    r"|analyze the chat history to determine the necessity of generating search queries"
    r"|you are an autocompletion system"
)
"""What the first sentence of such a prompt asks for, where nothing else follows."""

FORMS = (
    (("follow_ups", "follow-up"), '{"follow_ups": []}'),
    (('"tags"', "broad tags", "tags "), '{"tags": ["Video"]}'),
    (('"queries"', "search quer"), '{"queries": []}'),
    (("autocompletion",), '{"text": ""}'),
)
"""What Open WebUI's prompts that want no title speak of, and the answers that it understands."""

OTHERS = (
    ("prompt for am image generation task", NOTHING),  # no JSON: Open WebUI takes the user's own words
    ("likely facial expression", "🎬"),
    ("correct tool", '{"tool_calls": []}'),
    ("question rephraser", "<websearch><question>not_needed</question></websearch>"),
)
"""What other prompts that want no title speak of."""

SPEAKER = re.compile(
    r"^[\s>*-]{0,6}(?:<(?:user|human)>|(?:user|human|you|用户|使用者)\s{0,3}[:：])\s*(\S.{0,400})",
    re.IGNORECASE | re.MULTILINE,
)
"""The first thing that a person says in a transcript."""

QUOTED = re.compile(r'(?:"""|```|-{8,})\s*(?:user: ?)?(\S.{0,400})', re.IGNORECASE)


def chore_answer(prompt: str, messages: Any = None) -> str | None:
    """The answer to a chat program's own errand, or None if a person asks for something.

    Args:
        prompt: The text of the last user message.
        messages: The whole conversation, as OpenAI's ``messages``.
    """
    talk = [m for m in messages if isinstance(m, dict)] if isinstance(messages, list) else []
    for candidate in (prompt, *_last_part(talk), *_trailing_system(talk)):
        if (errand := _errand(candidate)) is not None:
            return _answered(errand, _title(candidate, talk, inside=candidate is prompt))
    for text in _system_texts(talk):
        plain = _plain(text)
        if SYSTEM_OPENINGS.match(plain):
            return _answered(plain, _title(prompt, talk, inside=True))
    return None


def _errand(text: str) -> str | None:
    """The text in lower case with single spaces if it is a program's, else None."""
    plain = _plain(text)
    if OPENINGS.match(plain):
        return plain
    heading = TASK.match(plain)
    if heading is None:
        return None
    lower = plain[heading.end() :]
    return plain if any(mark in lower for mark in STRUCTURE) or ASKED.match(lower) else None


def _answered(errand: str, title: str) -> str:
    """What the program reads as an answer to its errand."""
    asked = errand.partition("<chat_history>")[0][:4000]
    for words, answer in OTHERS:
        if words in asked:
            return answer
    task = TASK.match(asked) is not None
    if '"title"' not in asked:
        for marks, answer in FORMS if task else ():
            if any(mark in asked for mark in marks):
                return answer
    if task or '"title"' in asked:
        return msgspec.json.encode({"title": title}).decode()
    return title


def _title(errand: str, talk: list[Any], *, inside: bool) -> str:
    """The first words of the conversation that the errand is about."""
    said = ""
    if inside:
        found = SPEAKER.search(errand) or QUOTED.search(errand)
        said = found[1] if found else ""
    if not said:
        users = (_text(m.get("content")) for m in talk if m.get("role") == "user")
        said = next((text for text in users if text.strip() and _errand(text) is None), "")
    words = re.sub(r"\{[^{}]{0,40}\}|\[[\d.]{1,8}s\]|https?://\S+|[^\w\s'’,-]", " ", said[:400]).split()
    title = " ".join(words[:TITLE_WORDS])[:TITLE_LENGTH].strip(" ,-'")
    return title or NOTHING


def _last_part(talk: list[Any]) -> Iterator[str]:
    """The last text part of the last user message: some programs put the whole conversation before it."""
    last = next((m for m in reversed(talk) if m.get("role") == "user"), None)
    parts = last.get("content") if last else None
    if isinstance(parts, list) and len(parts) > 1 and (text := _text(parts[-1:])):
        yield text


def _trailing_system(talk: list[Any]) -> Iterator[str]:
    if talk and talk[-1].get("role") in ("system", "developer"):
        yield _text(talk[-1].get("content"))


def _system_texts(talk: list[Any]) -> Iterator[str]:
    for message in talk:
        if message.get("role") in ("system", "developer"):
            yield _text(message.get("content"))


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = (part.get("text") if isinstance(part, dict) else part for part in content)
        return "\n".join(text for text in texts if isinstance(text, str))
    return ""


def _plain(text: str) -> str:
    """Lower case and single spaces; long texts are known by their beginning and end."""
    text = text.strip()
    if len(text) > 12_000:
        text = text[:8000] + "\n" + text[-4000:]
    return " ".join(text.casefold().replace("’", "'").split())
