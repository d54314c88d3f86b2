"""The `xlam` and `compact` prompt formats as Jinja chat templates, as transformers and vLLM apply them.

A template shows each user message with the tools of the request and leaves the answer open. The tests hold
its text to `prompt_format.render`, and what it writes for an assistant's tool calls to `prompt_format.parse`.
"""

from apigen_assets.tool_formats.compact_calls import NO_CALL
from apigen_assets.training.prompt_format import (
    FORMAT_INSTRUCTION,
    SYSTEM,
    TASK_INSTRUCTION,
    PromptStyle,
)


def chat_template(style: PromptStyle | str) -> str:
    """The chat template of a style.

    Raises:
        ValueError: for the `chat` style, whose template is the base's own.
    """
    match PromptStyle(style):
        case PromptStyle.XLAM:
            return _conversation(_XLAM_USER, _XLAM_CALLS, '{"tool_calls": []}')
        case PromptStyle.COMPACT:
            return _conversation(_COMPACT_USER, _COMPACT_CALLS, NO_CALL)
        case PromptStyle.CHAT:
            raise ValueError("the chat style uses the template that the base's tokenizer has")


def _quoted(text: str) -> str:
    """`text` as a Jinja string literal, printed."""
    literal = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return "{{- '" + literal + "' -}}"


def _conversation(user: str, calls: str, no_call: str) -> str:
    return (
        "{%- for m in messages -%}"
        "{%- if m.role == 'user' -%}" + user + "{%- elif m.role == 'assistant' -%}"
        "{%- if m.tool_calls is defined and m.tool_calls -%}"
        + calls
        + "{%- else -%}{{- m.content or '"
        + no_call
        + "' -}}{%- endif -%}"
        "{{- eos_token -}}"
        "{%- endif -%}"
        "{%- endfor -%}"
    )


# `t`, `properties` and `needed` for either spelling of the parameters, as `tool_schema.parameters_of` reads
# them
_EACH_TOOL = (
    "{%- for tool in tools or [] -%}"
    "{%- set t = tool.function if tool.function is mapping else tool -%}"
    "{%- set schema = t.parameters or {} -%}"
    "{%- set is_schema = schema['type'] is string or "
    "(schema['properties'] is mapping and schema['properties']['type'] is not string) -%}"
    "{%- set properties = (schema['properties'] or {}) if is_schema else schema -%}"
    "{%- set needed = (schema['required'] or []) if is_schema else [] -%}"
)
_EACH_CALL = "{%- for call in m.tool_calls -%}{%- set c = call.function if call.function is mapping else call -%}"

_XLAM_USER = (
    _quoted(
        f"{SYSTEM}\n### Instruction:\n"
        f"[BEGIN OF TASK INSTRUCTION]\n{TASK_INSTRUCTION}\n[END OF TASK INSTRUCTION]\n\n"
        "[BEGIN OF AVAILABLE TOOLS]\n["
    )
    + _EACH_TOOL
    + _quoted('{"name": ')
    + "{{- t.name | tojson -}}"
    + _quoted(', "description": ')
    + "{{- (t.description or '') | tojson -}}"
    + _quoted(', "parameters": {')
    + "{%- for name, p in properties | items -%}"
    "{{- name | tojson -}}"
    + _quoted(": ")
    + "{{- (dict(p, required=true) if name in needed else p) | tojson -}}{{- ', ' if not loop.last -}}"
    "{%- endfor -%}"
    + _quoted("}}")
    + "{{- ', ' if not loop.last -}}{%- endfor -%}"
    + _quoted(
        "]\n[END OF AVAILABLE TOOLS]\n\n"
        f"[BEGIN OF FORMAT INSTRUCTION]\n{FORMAT_INSTRUCTION}\n[END OF FORMAT INSTRUCTION]\n\n"
        "[BEGIN OF QUERY]\n"
    )
    + "{{- m.content -}}"
    + _quoted("\n[END OF QUERY]\n\n### Response:\n")
)

_XLAM_CALLS = (
    _quoted('{"tool_calls": [')
    + _EACH_CALL
    + _quoted('{"name": ')
    + "{{- c.name | tojson -}}"
    + _quoted(', "arguments": ')
    + "{{- c.arguments if c.arguments is string else c.arguments | tojson -}}"
    + _quoted("}")
    + "{{- ', ' if not loop.last -}}{%- endfor -%}"
    + _quoted("]}")
)

_COMPACT_USER = (
    _EACH_TOOL + "{{- t.name -}}{{- '(' -}}"
    "{%- for name, p in properties | items -%}"
    "{%- set kind = p['type'] if p['type'] is string else '' -%}"
    "{%- if is_schema -%}{%- set required = name in needed -%}"
    "{%- elif p['required'] is boolean -%}{%- set required = p['required'] -%}"
    "{%- else -%}{%- set required = 'optional' not in kind | lower and 'default' not in kind | lower "
    "and (p['default'] is undefined or p['default'] is none or p['default'] == '') -%}{%- endif -%}"
    "{{- name -}}{{- '' if required else '?' -}}{{- ',' if not loop.last -}}"
    "{%- endfor -%}" + _quoted(")\n") + "{%- endfor -%}" + _quoted("? ") + "{{- m.content -}}" + _quoted("\n> ")
)

# Texts keep their quotes here, since a template cannot tell plain words; arguments that are JSON text cannot be taken
# apart, and make a call that is JSON. `prompt_format.parse` reads all of them.
_COMPACT_CALLS = (
    "{%- if m.tool_calls | map(attribute='function.arguments', default='') | select('string') | select('ne', '') "
    "| list -%}{{- '[' -}}"
    + _EACH_CALL
    + _quoted('{"name": ')
    + "{{- c.name | tojson -}}"
    + _quoted(', "arguments": ')
    + "{{- c.arguments if c.arguments is string else c.arguments | tojson -}}"
    + _quoted("}")
    + "{{- ', ' if not loop.last -}}{%- endfor -%}{{- ']' -}}"
    + "{%- else -%}"
    + _EACH_CALL
    + "{{- c.name -}}{{- '(' -}}"
    + "{%- for name, value in c.arguments | items -%}"
    + "{{- name -}}{{- '=' -}}{{- value | tojson(separators=(',', ':')) -}}{{- ',' if not loop.last -}}"
    + "{%- endfor -%}{{- ')' -}}{{- ';' if not loop.last -}}{%- endfor -%}"
    + "{%- endif -%}"
)
